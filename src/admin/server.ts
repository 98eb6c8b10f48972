import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import cookie from '@fastify/cookie';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyBaseLogger, type FastifyReply, fastify, LogController } from 'fastify';
import { BODY_OCTETS_DEFAULT } from '../check/monitor.ts';
import type { TlsFileNames } from '../check/monitor-tls.ts';
import { createTargets, type RefuseTarget } from '../check/targets.ts';
import type { ListenAddress } from '../config/config.ts';
import type { RaisedAlarm } from '../event/transitions.ts';
import { LIMITS_DEFAULT, type Limits } from '../pool/limits.ts';
import { escapeJson } from '../pool/plain-text.ts';
import type { ConfiguredToken } from '../pool/token.ts';
import type { Store } from '../store/store.ts';
import type { Metrics } from '../telemetry/scrape.ts';
import type { Zone } from '../zone/zone.ts';
import { type Admission, createAdmission } from './access/admission.ts';
import { proofOf } from './access/auth.ts';
import { duringCall } from './access/call.ts';
import { tagAnswer } from './access/entity-tag.ts';
import { guardStore } from './access/guarded-store.ts';
import { createLimiter } from './access/limiter.ts';
import { createWaiting } from './access/waiting.ts';
import { accountOf } from './accounts/account.ts';
import { accountListRoute, accountRoute, membershipListRoute } from './accounts/routes.ts';
import type { AdminApp, AdminContext, PathForm } from './app.ts';
import { applyRoutes } from './apply/routes.ts';
import { backupRoutes } from './backup/routes.ts';
import { dashboardPage } from './dashboard/page-routes.ts';
import { analyticsRoute } from './events/analytics-route.ts';
import { eventRoutes } from './events/routes.ts';
import { countriesRoute } from './explain/countries-route.ts';
import { explainRoute } from './explain/routes.ts';
import type { ExplainSource } from './explain/source.ts';
import type { PoolHealthSource } from './health-source.ts';
import { answerNoRoute, BODY_OCTETS_MAX, errorAnswers } from './http/answer-errors.ts';
import { answerHeaders } from './http/answer-headers.ts';
import { LIMITS } from './http/connections.ts';
import { apiError } from './http/errors.ts';
import { type Certificate, createHttpServer, type HttpServer } from './http/http-server.ts';
import { parseJsonBody } from './http/json-body.ts';
import { loadBalancerHealthListRoute } from './load-balancers/health/routes.ts';
import { loadBalancerRoutes } from './load-balancers/routes.ts';
import { metricsRoute } from './metrics/metrics-route.ts';
import { monitorGroupRoutes } from './monitor-groups/routes.ts';
import { monitorRoutes } from './monitors/routes.ts';
import type { Intervals } from './monitors/schema.ts';
import { nodeRoutes } from './nodes/routes.ts';
import { notificationRoutes } from './notifications/routes.ts';
import type { NotificationSource } from './notifications/source.ts';
import { openRoutes, type ProcessState } from './open-routes.ts';
import { docsPage } from './openapi/docs-page.ts';
import { API_DOCUMENT } from './openapi/openapi.ts';
import { openapiRoute } from './openapi/openapi-route.ts';
import { overrideRoutes } from './overrides/routes.ts';
import { prerenderPools } from './pools/prerender.ts';
import { poolRoutes } from './pools/routes.ts';
import { previewRoutes } from './previews/routes.ts';
import { recordUsageRoute } from './records/list/usage.ts';
import { createOrphanSweep } from './records/orphans.ts';
import { recordRoutes } from './records/routes.ts';
import { regionRoutes } from './regions/routes.ts';
import { type ReloadSource, reloadRoute } from './reload/route.ts';
import { lateValidators } from './schema/late-validators.ts';
import { searchRoutes } from './search/routes.ts';
import { sessionRoutes } from './sessions/routes.ts';
import { summaryRoutes } from './summary/routes.ts';
import { managedTokenRoutes } from './tokens/managed-routes.ts';
import { tokenRoutes } from './tokens/routes.ts';
import { whoamiRoute } from './tokens/whoami.ts';
import type { AliasSource } from './zones/alias-source.ts';
import { dnsSettingsRoutes } from './zones/dns-settings.ts';
import { pageRuleRoutes } from './zones/page-rules.ts';
import { type ZonesContext, zoneRoutes, zoneSettingsRoutes } from './zones/routes.ts';

/** The options of startAdmin. */
export interface AdminOptions {
  readonly store: Store;
  readonly listen: ListenAddress;
  /** The file descriptor of a socket that listens there already; absent: the API opens one. */
  readonly inherited?: number;
  /** Absent: plain HTTP. */
  readonly tls?: Certificate;
  /** Valid tokens besides those in the store; one of them must be able to create those. */
  readonly tokens: readonly ConfiguredToken[];
  /** The log of changes, wrong credentials and internal errors; tokens and bodies never appear in it. */
  readonly log: FastifyBaseLogger;
  readonly intervals: Intervals;
  /** The only account there is; absent: every account id means this server. */
  readonly accountId?: string;
  readonly health: PoolHealthSource;
  /** IP prefixes of proxies whose `X-Forwarded-For` has the address of the client; absent: none. */
  readonly trustedProxies?: readonly string[];
  /** Absent: nothing answers DNS here, and there is nothing to explain. */
  readonly explain?: ExplainSource;
  /** Absent: nothing answers DNS here, and no answer to a write says where its aliases lead. */
  readonly aliases?: AliasSource;
  /** How much may be stored; absent: LIMITS_DEFAULT. */
  readonly limits?: Limits;
  /** The zones of the configuration file; absent: none. */
  readonly zones?: readonly Zone[];
  /** Absent: no notifications are configured. */
  readonly notifications?: NotificationSource;
  /** Files of the configuration that monitors may name; absent: none. */
  readonly tlsNames?: TlsFileNames;
  /** Octets of a response body that workers search; absent: BODY_OCTETS_DEFAULT. */
  readonly bodyOctetsMax?: number;
  /** Reads the configuration again; absent: there is none to be read. */
  readonly reload?: ReloadSource;
  /** Denied targets of checks; absent: those that are denied by default. */
  readonly refuseTarget?: RefuseTarget;
  /** Returns true when this process can answer queries correctly, for GET /readyz. */
  readonly ready: () => boolean;
  /** Describes what is wrong with the store, in one sentence, for GET /readyz; absent, or undefined: nothing. */
  readonly storeTrouble?: () => string | undefined;
  /** The alarms that are raised on this node; absent: none ever is. */
  readonly alarms?: () => readonly RaisedAlarm[];
  /** Whether `/` is the dashboard; absent: there is none. */
  readonly dashboard?: boolean;
  readonly metrics: Metrics;
  /** Whether GET /metrics needs no token. */
  readonly metricsPublic: boolean;
  /** Milliseconds in which a whole request must come; absent: REQUEST_TIMEOUT_MS. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds since the epoch; the machine's clock unless given. */
  readonly epochMs?: () => number;
}

/** A running API: where it listens, and how it ends. */
export interface Admin {
  readonly address: string;
  readonly port: number;
  /** Uses another certificate for connections from now on; present ones stay. Throws where there was none. */
  useCertificate(certificate: Certificate): void;
  /** Lets these tokens in besides those of the store, and no others of the configuration. */
  useTokens(tokens: readonly ConfiguredToken[]): void;
  /** Makes a code with which a browser logs in once, soon, with the token of a secret. */
  loginCode(secret: string): string;
  /**
   * Accepts no more connections, lets requests in progress end, and resolves within STOP_MS. `gently`: requests that are on their way
   * are still answered, since another process goes on; it takes two seconds more at the most.
   */
  stop(gently?: boolean): Promise<void>;
}

/** Time after stop() after which busy connections are closed, milliseconds. */
const STOP_GRACE_MS = 1_000;
/** stop() takes no longer. */
export const STOP_MS = 2_000;
/** Hex digits of the name of a request. */
const REQUEST_ID_DIGITS = 16;
/** Characters of a path parameter. */
const PARAMETER_MAX = 256;

/** Prefixes of the paths of the Cloudflare API, and of our own. */
export const API_PREFIX = '/client/v4';
export const EXTENSIONS_PREFIX = '/lifeguard/v1';

const NO_FILES: TlsFileNames = { authorities: [], clientCertificates: [] };
const NO_NOTIFICATIONS: NotificationSource = { destinations: [], test: async () => [] };

/** Starts the admin API. Rejects when it cannot listen (with Node's error code, `EADDRINUSE` and the like). */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { store, health } = options;
  const http = createHttpServer(options.tls, LIMITS, options.requestTimeoutMs);
  const app = createApp(options, http);
  const context = contextOf(options);
  const account = { ...accountOf(options.accountId), isAny: options.accountId === undefined };
  const { aliases } = options;
  const zones: ZonesContext = {
    ...context,
    account,
    configured: options.zones ?? [],
    ...(aliases && { aliases }),
  };
  const admission = createAdmission(store, options.tokens, context.epochMs);
  const { admit, useTokens } = admission;
  await app.register(cookie, { hook: false });
  await app.register(swagger, API_DOCUMENT);
  await app.register(async (api: AdminApp) => apiRoutes(api, context, zones, admit), { prefix: API_PREFIX });
  await app.register(async (api: AdminApp) => extensionRoutes(api, options, zones, admission, context), {
    prefix: EXTENSIONS_PREFIX,
  });
  openRoutes(app, stateOf(options));
  openapiRoute(app, options.store, zones.configured, account.id);
  docsPage(app);
  if (options.dashboard) {
    dashboardPage(app);
    await app.register(async (api: AdminApp) => sessionRoutes(api, admission), { prefix: EXTENSIONS_PREFIX });
  }
  metricsRoute(app, options.metrics, options.metricsPublic ? async () => {} : admit);
  try {
    const scheme = options.tls === undefined ? 'http:' : 'https:';
    await app.listen({
      host: options.listen.address,
      port: options.listen.port,
      ...(options.inherited !== undefined && { fd: options.inherited }),
      // Fastify does not know that our server uses TLS.
      listenTextResolver: (address) => `The API listens at ${address.replace(/^http:/, scheme)}`,
    });
  } catch (error) {
    await app.close();
    throw error;
  }
  const { address, port } = app.server.address() as AddressInfo;
  const endPrerendering = prerenderPools(store, health);
  return {
    address,
    port,
    useCertificate: http.useCertificate,
    useTokens,
    loginCode: (secret) => admission.sessions.makeCode(proofOf(secret)),
    async stop(gently = false) {
      endPrerendering();
      if (gently) await http.drain();
      await stop(app, http);
    },
  };
}

/** The parts that routes need, with defaults for what the options leave out. */
function contextOf({
  store,
  health,
  intervals,
  limits = LIMITS_DEFAULT,
  refuseTarget = createTargets(),
  tlsNames = NO_FILES,
  bodyOctetsMax = BODY_OCTETS_DEFAULT,
  epochMs = Date.now,
}: AdminOptions): AdminContext {
  const limiter = createLimiter(store, limits);
  const orphans = createOrphanSweep(store);
  const guarded = guardStore(store, limiter, orphans);
  return {
    store: guarded,
    limiter,
    orphans,
    health,
    intervals,
    refuseTarget,
    tlsNames,
    bodyOctetsMax,
    epochMs,
  };
}

/** What is known of the process. */
function stateOf({ ready, storeTrouble = () => undefined, alarms = () => [] }: AdminOptions): ProcessState {
  return {
    ready,
    storeTrouble,
    alarms: () => [...new Set(alarms().map(({ alarm }) => alarm))],
    raised: alarms,
  };
}

/** Registers the routes of the Cloudflare API. */
async function apiRoutes(
  api: AdminApp,
  context: AdminContext,
  zones: ZonesContext,
  admit: Admission['admit'],
): Promise<void> {
  const { account } = zones;
  guardRoutes(api, admit);
  await api.register(
    async (accountApp: AdminApp) => {
      accountApp.addHook('onRequest', async (request) => {
        const { account_id: asked } = request.params as { account_id?: string };
        if (!account.isAny && asked !== account.id) throw apiError('otherAccount');
      });
      resources(accountApp, context, 'account');
      regionRoutes(accountApp);
      searchRoutes(accountApp, context);
      loadBalancerRoutes(accountApp, zones, 'account');
      recordUsageRoute(accountApp, zones, 'account');
      accountRoute(accountApp, account);
    },
    { prefix: '/accounts/:account_id' },
  );
  accountListRoute(api, account);
  membershipListRoute(api, account);
  zoneRoutes(api, zones);
  dnsSettingsRoutes(api, zones);
  pageRuleRoutes(api, zones);
  recordRoutes(api, { ...zones, limiter: context.limiter });
  recordUsageRoute(api, zones, 'user');
  loadBalancerRoutes(api, zones, 'user');
  await api.register(
    async (user: AdminApp) => {
      resources(user, context, 'user');
      analyticsRoute(user, context);
    },
    { prefix: '/user' },
  );
}

/** Registers the routes that only this server has. */
async function extensionRoutes(
  api: AdminApp,
  options: AdminOptions,
  zones: ZonesContext,
  { admit, presence, configuredTokens }: Admission,
  context: AdminContext,
): Promise<void> {
  const { explain, reload, notifications = NO_NOTIFICATIONS } = options;
  const { epochMs } = context;
  guardRoutes(api, admit);
  zoneSettingsRoutes(api, zones);
  overrideRoutes(api, context);
  loadBalancerHealthListRoute(api, context);
  await api.register(async (documents: AdminApp) =>
    applyRoutes(documents, { ...context, configured: zones.configured }),
  );
  if (explain) {
    explainRoute(api, explain, epochMs);
    countriesRoute(api, explain);
  }
  await api.register(async (backups: AdminApp) =>
    backupRoutes(backups, { ...context, configured: zones.configured }),
  );
  managedTokenRoutes(api, context, configuredTokens);
  if (reload) reloadRoute(api, reload);
  notificationRoutes(api, notifications);
  whoamiRoute(api);
  summaryRoutes(api, zones, stateOf(options));
  const waiting = createWaiting();
  nodeRoutes(api, context, waiting);
  eventRoutes(api, context, waiting, presence);
}

function createApp({ log, trustedProxies = [] }: AdminOptions, { server, handle }: HttpServer): AdminApp {
  const errors = errorAnswers(log);
  const app = fastify({
    loggerInstance: log,
    serverFactory: (handler) => {
      handle(handler);
      return server;
    },
    ...(trustedProxies.length > 0 && { trustProxy: [...trustedProxies] }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    genReqId: () => randomUUID().replaceAll('-', '').slice(-REQUEST_ID_DIGITS),
    bodyLimit: BODY_OCTETS_MAX,
    return503OnClosing: false,
    // ddclient asks for /zones/?name=.
    routerOptions: { maxParamLength: PARAMETER_MAX, ignoreTrailingSlash: true },
    // Our server has answered already.
    clientErrorHandler: () => {},
    frameworkErrors: errors.answer,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
    parseJsonBody(body),
  );
  app.setValidatorCompiler(lateValidators());
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(errors.answer);
  app.addHook('onClose', async () => errors.stop());
  app.setNotFoundHandler(answerNoRoute);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(answerHeaders(request));
  });
  // What is sent in pieces escapes them itself.
  app.addHook('onSend', async (_, reply, payload) =>
    typeof payload === 'string' && isJson(reply) ? escapeJson(payload) : payload,
  );
  return app;
}

function isJson(reply: FastifyReply): boolean {
  return String(reply.getHeader('content-type')).startsWith('application/json');
}

/** Adds the hooks of every route that needs a credential. */
function guardRoutes(app: AdminApp, admit: Admission['admit']): void {
  app.addHook('onRequest', admit);
  app.addHook('preHandler', (request, _, next) => duringCall(request, next));
  app.addHook('onSend', async (request, reply, payload) => tagAnswer(request, reply, payload));
  app.setNotFoundHandler(answerNoRoute);
}

function resources(app: AdminApp, context: AdminContext, form: PathForm): void {
  poolRoutes(app, context, form);
  monitorRoutes(app, context, form);
  // The reference has these below an account only.
  if (form === 'account') monitorGroupRoutes(app, context, form);
  previewRoutes(app, context, form);
  tokenRoutes(app, form);
}

async function stop(app: AdminApp, http: HttpServer): Promise<void> {
  const cut = setTimeout(() => http.cut(), STOP_GRACE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
