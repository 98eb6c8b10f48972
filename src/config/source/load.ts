import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Problem } from '../../input/problem.ts';
import { type Sound, sound } from '../../input/reader.ts';
import { LIMIT_NAMES, type Limits } from '../../pool/limits.ts';
import { renamePlaces } from '../../zone/authoring/written-places.ts';
import type { Config, ListenAddress } from '../config.ts';
import { type Document, documentWith } from '../document.ts';
import { geoOf, locationOf } from '../geo.ts';
import { healthPolicyOf } from '../health.ts';
import { formatListenAddress, isLoopback, isSamePlace } from '../listen-address.ts';
import { loginProblems, notificationsOf } from '../notifications.ts';
import { DEFAULTS } from '../settings.ts';
import { redisProblems, redisSettingsOf } from '../store/redis.ts';
import { targetProblems, targetRulesOf } from '../targets.ts';
import { type Environment, readEnvironment, variablePath } from './environment.ts';
import { readRegularFile } from './regular-file.ts';
import { FILE_OCTETS_MAX, parseYaml } from './yaml.ts';
import { zoneFilesIn } from './zone-files.ts';

/** The sources of a configuration. */
export interface Sources {
  /** File; absent: the one in LIFEGUARD_CONFIG, or else SYSTEM_FILE where it exists, or else SAMPLE_FILE. */
  readonly path?: string;
  readonly env: NodeJS.ProcessEnv;
  /** The file of this machine; absent: SYSTEM_FILE. */
  readonly systemFile?: string;
  /** Reads a whole file; absent: from disk. */
  readonly readFile?: (path: string) => Uint8Array;
}

/** A configuration, or all its problems: at least one. */
export type Loaded =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * The configuration file of this machine. The current folder is not searched: who may write there could lead an
 * operator's command, and the token that it sends, to a server of theirs.
 */
export const SYSTEM_FILE = '/etc/lifeguard/lifeguard.yaml';
/** The configuration file that comes with the program, which shows every default. */
export const SAMPLE_FILE = fileURLToPath(new URL('../../../config/lifeguard.yaml', import.meta.url));

/** Reads the file, overrides it with the environment, adds defaults, and validates the result. Reports every problem of both, and throws for none. */
export function loadConfig({
  path,
  env,
  readFile = readFromDisk,
  systemFile = SYSTEM_FILE,
}: Sources): Loaded {
  const problems: Problem[] = [];
  const environment = readEnvironment(env, problems);
  const file = path ?? environment.LIFEGUARD_CONFIG ?? (isAbsent(systemFile) ? SAMPLE_FILE : systemFile);
  const found = readDocument(file, readFile, problems);
  if (found !== undefined) problems.push(...togetherProblems(found, environment));
  const whole = found && sound(found, problems);
  return whole === undefined ? { ok: false, problems } : { ok: true, config: assemble(whole, environment) };
}

/** Returns true where there is no such file. One that may not be looked at is there: to read it says why it cannot be used. */
function isAbsent(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

function readFromDisk(path: string): Uint8Array {
  return readRegularFile(path, FILE_OCTETS_MAX).octets;
}

function readDocument(
  file: string,
  readFile: (path: string) => Uint8Array,
  problems: Problem[],
): Document | undefined {
  let octets: Uint8Array;
  try {
    octets = readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    problems.push({
      path: file,
      message: code === 'ENOENT' ? 'does not exist' : `cannot be read (${message})`,
    });
    return undefined;
  }
  const parsed = parseYaml(octets, file);
  const found: Problem[] = parsed.ok ? [] : [...parsed.problems];
  const read = parsed.ok
    ? documentWith(zoneFilesIn(dirname(file)))(parsed.value, { path: '', problems: found })
    : undefined;
  // A problem of a key has the key as its path; one of the whole file has the file.
  for (const problem of found) problems.push({ ...problem, path: problem.path || file });
  if (parsed.ok && read?.zones !== undefined)
    renamePlaces(read.zones, (place) => {
      const line = place.startsWith('zones[') ? parsed.lineOf(place) : undefined;
      return line === undefined ? place : `${file}:${line}`;
    });
  return read;
}

/** An address, and the setting that has it. */
interface ClaimedAddress {
  readonly path: string;
  readonly listen: ListenAddress;
}

function conflictWords({ path, listen }: ClaimedAddress, other: ClaimedAddress): string {
  const [text, before] = [formatListenAddress(listen), formatListenAddress(other.listen)];
  if (text !== before)
    return `${text} and ${before} conflict, because one of them is every address; remove one, or give it another port`;
  return path === other.path ? `${text} is listed twice` : `${text} is already used by ${other.path}`;
}

/** Finds problems between several keys, whether the file or the environment set them. */
function togetherProblems(found: Document, env: Environment): Problem[] {
  const problems: Problem[] = [];
  const dnsPath = env.LIFEGUARD_DNS_LISTEN ? variablePath('LIFEGUARD_DNS_LISTEN') : 'dns.listen';
  const apiPath = env.LIFEGUARD_API_LISTEN ? variablePath('LIFEGUARD_API_LISTEN') : 'api.listen';
  const claimed: ClaimedAddress[] = [];
  const claim = (path: string, listen: ListenAddress) => {
    const claim = { path, listen };
    const other = listen.port === 0 ? undefined : claimed.find((each) => isSamePlace(each.listen, listen));
    if (other !== undefined) problems.push({ path, message: conflictWords(claim, other) });
    claimed.push(claim);
  };
  for (const listen of dnsListenOf(found, env)) claim(dnsPath, listen);
  for (const listen of found.dns?.tls?.listen ?? []) claim('dns.tls.listen', listen);
  for (const listen of found.dns?.https?.listen ?? []) claim('dns.https.listen', listen);
  const api = apiListenOf(found, env);
  claim(apiPath, api);
  const isEncrypted = found.api?.tls !== undefined;
  if (!isEncrypted && !isLoopback(api.address) && found.api?.insecure === false)
    problems.push({
      path: apiPath,
      message: `${formatListenAddress(api)} is reachable from other machines, and the API is not encrypted, so others could read the token; set api.tls, use a loopback address behind a TLS proxy, or set api.insecure: true`,
    });
  if (isEncrypted && found.api?.insecure === true)
    problems.push({
      path: 'api.insecure',
      message: 'is true although api.tls is set; remove one of them',
    });
  const { metrics_listen: metrics, metrics_insecure: isOpen } = found.monitor ?? {};
  if (metrics !== undefined) claim('monitor.metrics_listen', metrics);
  if (metrics !== undefined && !isLoopback(metrics.address) && isOpen === false)
    problems.push({
      path: 'monitor.metrics_listen',
      message: `${formatListenAddress(metrics)} is reachable from other machines, and metrics there have no token and no encryption; use a loopback address, or set monitor.metrics_insecure: true`,
    });
  const { interval_min_seconds: min, interval_max_seconds: max } = found.monitor ?? {};
  if (min !== undefined && max !== undefined && min > max)
    problems.push({
      path: 'monitor.interval_min_seconds',
      message: `is ${min}; it must not be above interval_max_seconds, which is ${max}`,
    });
  if (found.notifications !== undefined)
    problems.push(
      ...loginProblems(
        found.notifications,
        env.LIFEGUARD_SMTP_PASSWORD,
        variablePath('LIFEGUARD_SMTP_PASSWORD'),
      ),
    );
  problems.push(
    ...redisProblems(found.store?.redis, env.LIFEGUARD_REDIS_URL ?? found.store?.redis_url),
    ...targetProblems(
      found.targets ?? {},
      found.notifications?.webhooks ?? [],
      found.monitor?.references ?? [],
      found.notifications?.smtp?.server,
    ),
  );
  return problems;
}

/** A section with one or several addresses, as far as it was read. */
type Listening<T> = { readonly listen: T | undefined } | undefined;

const dnsListenOf = (found: { readonly dns: Listening<readonly ListenAddress[]> }, env: Environment) =>
  env.LIFEGUARD_DNS_LISTEN ?? found.dns?.listen ?? DEFAULTS.dnsListen;
const apiListenOf = (found: { readonly api: Listening<ListenAddress> }, env: Environment): ListenAddress =>
  env.LIFEGUARD_API_LISTEN ?? found.api?.listen ?? DEFAULTS.apiListen;

/** Makes the configuration of a document without problems. */
function assemble(found: Sound<Document>, env: Environment): Config {
  const { dns, api, store, log, monitor, zones } = found;
  const token = env.LIFEGUARD_API_TOKEN ?? api.token;
  const accountId = api.account_id;
  const redisUrl = env.LIFEGUARD_REDIS_URL ?? store.redis_url;
  const region = env.LIFEGUARD_REGION ?? found.region ?? DEFAULTS.region;
  return {
    dns: {
      listen: dnsListenOf(found, env),
      engine: env.LIFEGUARD_DNS_ENGINE ?? dns.engine ?? DEFAULTS.engine,
      workers: env.LIFEGUARD_DNS_WORKERS ?? dns.workers ?? DEFAULTS.workers,
      udpOctetsMax: dns.udp_octets_max,
      answerAddressesMax: dns.answer_addresses_max,
      ...(dns.identity !== undefined && { identity: dns.identity }),
      ...(dns.version !== undefined && { version: dns.version }),
      cookieSecrets: dns.cookie_secrets,
      ...(dns.rate_limit.enabled && { rateLimit: rateLimitOf(dns.rate_limit) }),
      ...(dns.query_log && { queryLog: queryLogOf(dns.query_log) }),
      tcp: {
        connectionsMax: dns.tcp.connections_max,
        connectionsPerClientMax: dns.tcp.connections_per_client_max,
        idleTimeoutMs: dns.tcp.idle_timeout_ms,
        transferTimeoutMs: dns.tcp.transfer_timeout_ms,
      },
      ...(dns.tls && { tls: dns.tls }),
      ...(dns.https && { https: dns.https }),
      proxyProtocolFrom: dns.proxy_protocol_from,
    },
    api: {
      listen: apiListenOf(found, env),
      ...(token !== undefined && { token }),
      tokens: api.tokens,
      ...(accountId !== undefined && { accountId }),
      ...(api.tls !== undefined && { tls: api.tls }),
      insecure: api.insecure,
      metricsPublic: api.metrics_public,
      trustedProxies: api.trusted_proxies,
    },
    dashboard: found.dashboard,
    store: {
      ...(redisUrl !== undefined && { redisUrl }),
      redisPrefix: store.redis_prefix,
      redis: redisSettingsOf(store.redis),
    },
    dataDir: env.LIFEGUARD_DATA_DIR ?? found.data_dir ?? DEFAULTS.dataDir,
    region,
    location: locationOf(found.location, region),
    geo: geoOf(found.geo),
    log: { level: env.LIFEGUARD_LOG_LEVEL ?? log.level ?? DEFAULTS.logLevel, format: log.format },
    zones: zones,
    health: healthPolicyOf(found.health),
    notifications: notificationsOf(found.notifications, env.LIFEGUARD_SMTP_PASSWORD),
    limits: limitsOf(found.limits),
    targets: targetRulesOf(found.targets),
    monitor: {
      intervalMinSeconds: monitor.interval_min_seconds,
      intervalMaxSeconds: monitor.interval_max_seconds,
      probersPerRegion: monitor.probers_per_region,
      probesInFlightMax: monitor.probes_in_flight_max,
      probesPerTargetMax: monitor.probes_per_target_max,
      bodyOctetsMax: monitor.body_octets_max,
      addressesKeptMs: monitor.addresses_kept_seconds * 1_000,
      headerOctetsMax: monitor.header_octets_max,
      certificateWarningDays: monitor.certificate_warning_days,
      authorities: monitor.authorities,
      clientCertificates: monitor.client_certificates,
      references: monitor.references,
      ...(monitor.metrics_listen !== undefined && { metricsListen: monitor.metrics_listen }),
    },
  };
}

function limitsOf(found: Sound<Document>['limits']): Limits {
  return Object.fromEntries(LIMIT_NAMES.map((each) => [each, found[`${each}_max`]!])) as unknown as Limits;
}

function queryLogOf({
  sample,
  file,
  dnstap,
  zones,
}: NonNullable<Sound<Document>['dns']['query_log']>): NonNullable<Config['dns']['queryLog']> {
  return {
    share: sample,
    ...(file !== undefined && { file }),
    ...(dnstap !== undefined && { dnstap }),
    zones,
  };
}

/** Default of the limit of all answers to a client, as a multiple of the limit of similar ones; docs/LIMITS.md says why. */
const ALL_TIMES_ALIKE = 5;

function rateLimitOf(found: Sound<Document>['dns']['rate_limit']): NonNullable<Config['dns']['rateLimit']> {
  const perSecond = found.responses_per_second;
  const allPerSecond = found.all_per_second ?? ALL_TIMES_ALIKE * perSecond;
  return {
    isDryRun: found.dry_run,
    perSecond,
    ...(allPerSecond > 0 && { allPerSecond }),
    windowSeconds: found.window_seconds,
    slip: found.slip,
    ipv4Bits: found.ipv4_prefix,
    ipv6Bits: found.ipv6_prefix,
    exempt: found.exempt,
  };
}
