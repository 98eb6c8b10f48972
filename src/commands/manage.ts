import { randomUUID } from 'node:crypto';
import { startAdmin } from '../admin/server.ts';
import type { Config, ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import type { ConfigurationDigests } from '../event/node-status.ts';
import type { RunningMonitor } from '../monitor/monitor.ts';
import { createSettingsLog } from '../serve/alarm/store-settings.ts';
import { createResponseTimes } from '../serve/latency/response-times.ts';
import type { Locating } from '../serve/place/locating.ts';
import { startAnnouncing } from '../serve/report/announce.ts';
import { startEventReporter } from '../serve/report/event-reporter.ts';
import { startLeadership } from '../serve/report/leadership.ts';
import { watchNodes } from '../serve/report/watch-nodes.ts';
import type { Serving } from '../serve/serve.ts';
import type { KeyPair } from '../serve/tls/certificate.ts';
import type { Store } from '../store/store.ts';
import { watchSettings } from '../store/watched-settings.ts';
import type { Logger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { followCertificate } from './api-certificate.ts';
import { explainListen, listenSetting } from './exit.ts';
import { monitorOptions } from './monitor-options.ts';
import { createDeniedTargets } from './reload/denied-targets.ts';
import { managedSettings } from './reload/managed-settings.ts';
import { createNotified } from './reload/notified.ts';
import type { Reload, ReloadedPart } from './reload/reload.ts';
import { aliasSourceOf } from './source/alias-source.ts';
import { explainSourceOf } from './source/explain-source.ts';
import { healthSourceOf } from './source/health-source.ts';
import { metricsSourceOf } from './source/metrics-source.ts';
import { nodeStatusOf } from './source/node-status.ts';
import { storeTroubleOf } from './source/store-trouble.ts';
import { believedStore } from './store/believed-store.ts';
import { timedStore } from './store/timed-store.ts';

/** Stops a part of a server. `gently`: another process goes on with its work. */
export type StopWork = (gently: boolean) => Promise<void>;

/** The parts that startManaging needs. */
export interface ManagingOptions {
  readonly config: Config;
  readonly store: Store;
  /** The store as requests read it. */
  readonly reads: Store;
  readonly serving: Serving;
  readonly locating: Locating;
  readonly log: Logger;
  /** The token of the configuration, which creates the first others. */
  readonly token: string;
  /** The certificate of the API; absent: plain HTTP. */
  readonly certificate?: KeyPair;
  /** The file descriptor of a socket at which the API listens; absent: it opens one. */
  readonly inherited?: number;
  /** Why the store refuses the writes of this process; undefined: it does not. */
  readonly refusal: () => string | undefined;
  /** Whether this process has a worker as well. */
  readonly monitor: boolean;
  /** Digests of the present configuration. */
  readonly digests: () => ConfigurationDigests;
  /** Reads the configuration again, for the API. */
  readonly reload: Reload;
  /** Receives the parts that a reload concerns. */
  readonly reloads: (part: ReloadedPart) => void;
  /** Receives the function that stops each part as soon as that runs: `works` for parts that use the store. */
  readonly ending: { works(stop: StopWork): void; holds(close: () => void): void };
}

/** Where the API listens. */
export interface ManagedApi {
  readonly url: string;
  readonly listen: ListenAddress;
  /** Makes the address of a link with which a browser logs in to the dashboard once, soon; undefined: there is no dashboard. */
  loginLink(): string | undefined;
}

/**
 * Starts the parts of a server beside its answers: the API, a worker with `monitor`, its announcement, leadership, the
 * event reporter and notifications. Resolves with where the API listens. Rejects with OperatorError when the API cannot listen.
 */
export async function startManaging(options: ManagingOptions): Promise<ManagedApi> {
  const { config, store, reads, serving, locating, log, token, certificate, ending } = options;
  const { tls } = config.api;
  let monitor: RunningMonitor | undefined;
  const { configured, alarms } = serving.refresh;
  const targets = createDeniedTargets(config);
  const notified = createNotified(config, {
    refuseTarget: targets.refuse,
    poolOf: (id) => configured.pool(id),
    log,
    ...(config.api.accountId === undefined ? {} : { accountId: config.api.accountId }),
  });
  const managed = managedSettings(config, token);
  const responseTimes = createResponseTimes({ store, refresh: serving.refresh, log });
  options.reloads(targets.part);
  options.reloads(notified.part);
  const admin = await startAdmin({
    store: timedStore(believedStore(reads, serving.refresh), serving.refresh.latency, () =>
      performance.now(),
    ),
    listen: config.api.listen,
    ...(options.inherited !== undefined && { inherited: options.inherited }),
    ...(certificate && { tls: certificate }),
    tokens: managed.tokens,
    log,
    intervals: {
      minSeconds: config.monitor.intervalMinSeconds,
      maxSeconds: config.monitor.intervalMaxSeconds,
    },
    ...(config.api.accountId === undefined ? {} : { accountId: config.api.accountId }),
    health: healthSourceOf(serving.refresh, store, Date.now, responseTimes.of),
    aliases: aliasSourceOf(serving),
    explain: explainSourceOf(serving, store, () => locating.locator),
    zones: managed.zones,
    limits: managed.limits,
    notifications: notified.source,
    refuseTarget: targets.refuse,
    reload: options.reload,
    bodyOctetsMax: config.monitor.bodyOctetsMax,
    tlsNames: {
      authorities: config.monitor.authorities.map(({ name }) => name),
      clientCertificates: config.monitor.clientCertificates.map(({ name }) => name),
    },
    ready: () => serving.isReady,
    storeTrouble: () => storeTroubleOf(serving.refresh, options.refusal()),
    alarms: () => [...alarms.raised.values()],
    dashboard: config.dashboard.enabled,
    metrics: createMetrics(
      metricsSourceOf(
        serving,
        locating,
        () => monitor,
        () => notified.readings,
        options.digests,
      ),
    ),
    metricsPublic: config.api.metricsPublic,
    trustedProxies: config.api.trustedProxies,
  }).catch(explainListen('Cannot serve the API', { name: listenSetting('api'), isList: false }));
  ending.works((gently) => admin.stop(gently));
  responseTimes.start();
  ending.works(async () => responseTimes.stop());
  options.reloads(managed.part(admin));
  if (tls && certificate) {
    const watch = followCertificate(tls, certificate, admin, log);
    ending.holds(() => watch.stop());
  }
  if (options.monitor) {
    const { startMonitor } = await import('../monitor/monitor.ts');
    const worker = await startMonitor(monitorOptions(config, store, log, targets.refuse));
    monitor = worker;
    ending.works(() => worker.stop());
  }
  const api = `${tls ? 'https' : 'http'}://${formatListenAddress(admin)}`;
  const settings = watchSettings(store, createSettingsLog(alarms, log));
  ending.works(async () => settings.stop());
  const node = randomUUID();
  const dns = serving.addresses.map(formatListenAddress);
  const status = nodeStatusOf(serving, { id: node, dns, api }, options.digests);
  const announcing = startAnnouncing(store, () => serving.revision, status);
  ending.works(() => announcing.stop());
  const unwatchNodes = watchNodes(store, alarms, node);
  ending.works(async () => unwatchNodes());
  const leadership = startLeadership({ store, node, log });
  const believed = believedStore(store, serving.refresh);
  const eventReporter = startEventReporter({ store: believed, leadership, refresh: serving.refresh, log });
  notified.start({ store, lead: () => leadership.lead, alarms, log });
  ending.works(async () => {
    await Promise.all([eventReporter.stop(), notified.stop()]);
    await leadership.stop();
  });
  return {
    url: api,
    listen: { address: admin.address, port: admin.port },
    loginLink: () => (config.dashboard.enabled ? `${api}/#login=${admin.loginCode(token)}` : undefined),
  };
}
