import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';
import { hashToken } from '../admin/auth.ts';
import { startAdmin } from '../admin/server.ts';
import type { Config } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import type { RunningMonitor } from '../monitor/monitor.ts';
import { destinationsOf, type Notifying, startNotifying } from '../notify/notify.ts';
import { tryDestinations } from '../notify/trial.ts';
import { BOOTSTRAP } from '../pool/token.ts';
import { startAnnouncing } from '../serve/announce.ts';
import { startLeadership } from '../serve/leadership.ts';
import { ListenError } from '../serve/listen-error.ts';
import { startServe } from '../serve/serve.ts';
import { startTeller } from '../serve/teller.ts';
import { cacheReads } from '../store/cached-reads.ts';
import { openLastGood } from '../store/last-good.ts';
import type { Store } from '../store/store.ts';
import { createLogger, type Logger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { keptToken } from './admin-token.ts';
import { apiCertificate, followCertificate } from './api-certificate.ts';
import { explain, OperatorError } from './exit.ts';
import { explainSourceOf } from './explain-source.ts';
import { healthSourceOf } from './health-source.ts';
import { configOf, makeDataDir } from './load.ts';
import { metricsSourceOf } from './metrics-source.ts';
import { monitorOptions } from './monitor-options.ts';
import { nodeStatusOf } from './node-status.ts';
import { stopOnSignal } from './signals.ts';
import { timedStore } from './timed-store.ts';

/** A process that runs: where it answers, and how it is stopped. */
export interface Running {
  readonly dns: readonly string[];
  readonly api: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** `serve`, and `all` when it probes too. Rejects with OperatorError. */
export async function runServe(path: string | undefined, parts: { monitor: boolean }): Promise<void> {
  const config = configOf(path);
  const log = createLogger({ level: config.log.level });
  const running = await start(config, log, parts);
  stopOnSignal(running.stop);
}

/** Starts DNS and the API, and a worker too where asked for, over the configured store. Throws OperatorError. */
export async function start(config: Config, log: Logger, parts: { monitor: boolean }): Promise<Running> {
  makeDataDir(config);
  /** What works, and what it works with: the first stop together, since a signal waits for all of it, then the others. */
  const workers: (() => Promise<void>)[] = [];
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    await Promise.allSettled(workers.splice(0).map((each) => each()));
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const store = await openStore(config);
    const reads = cacheReads(store);
    closers.push(() => store.close());
    const lastGood = config.store.redisUrl === undefined ? undefined : rememberer(config, log);
    if (lastGood) closers.push(() => lastGood.close());
    const dnsAdvice = 'choose others with LIFEGUARD_DNS_LISTEN';
    const wanted = config.dns.listen.map(formatListenAddress).join(', ');
    const serving = await startServe({
      config,
      store,
      log,
      ...(lastGood ? { lastGood } : {}),
      loaded: reads.keep,
    })
      .catch((error: unknown) => {
        throw error instanceof ListenError ? new OperatorError(error.message) : error;
      })
      .catch(explain(`cannot answer DNS at ${wanted}`, dnsAdvice));
    workers.push(() => serving.stop());
    const { token, where } = adminToken(config);
    const { tls } = config.api;
    const certificate = tls && apiCertificate(tls);
    let monitor: RunningMonitor | undefined;
    let notifying: Notifying | undefined;
    const { configured, alarms } = serving.refresh;
    const destinations = destinationsOf({
      notifications: config.notifications,
      poolOf: (id) => configured.pool(id),
      log,
      ...(config.api.accountId === undefined ? {} : { accountId: config.api.accountId }),
    });
    const admin = await startAdmin({
      store: timedStore(reads, serving.refresh.latency, () => performance.now()),
      listen: config.api.listen,
      ...(certificate && { tls: certificate }),
      tokens: [...config.api.tokens, { name: BOOTSTRAP, hash: hashToken(token), scope: 'admin' }],
      log,
      intervals: {
        minSeconds: config.monitor.intervalMinSeconds,
        maxSeconds: config.monitor.intervalMaxSeconds,
      },
      ...(config.api.accountId === undefined ? {} : { accountId: config.api.accountId }),
      health: healthSourceOf(serving.refresh, store),
      explain: explainSourceOf(serving, store),
      zones: config.zones,
      notifications: {
        destinations: destinations.map(({ key }) => key),
        test: (keys) => tryDestinations(destinations.filter(({ key }) => keys.includes(key))),
      },
      ready: () => serving.refresh.isReady,
      metrics: createMetrics(
        metricsSourceOf(
          serving,
          () => monitor,
          () => notifying?.readings ?? [],
        ),
      ),
      metricsPublic: config.api.metricsPublic,
      trustedProxies: config.api.trustedProxies,
    }).catch(
      explain(
        `cannot serve the API at ${formatListenAddress(config.api.listen)}`,
        'choose another address with LIFEGUARD_API_LISTEN',
      ),
    );
    workers.push(() => admin.stop());
    if (tls && certificate) {
      const watch = followCertificate(tls, certificate, admin, log);
      closers.push(() => watch.stop());
    }
    if (parts.monitor) {
      const { startMonitor } = await import('../monitor/monitor.ts');
      const worker = await startMonitor(monitorOptions(config, store, log));
      monitor = worker;
      workers.push(() => worker.stop());
    }
    const dns = serving.addresses.map(formatListenAddress);
    const api = `${tls ? 'https' : 'http'}://${formatListenAddress(admin)}`;
    const node = randomUUID();
    const announcing = startAnnouncing(store, nodeStatusOf(serving, { id: node, dns, api }));
    workers.push(() => announcing.stop());
    const leadership = startLeadership({ store, node, log });
    const teller = startTeller({ store, leadership, refresh: serving.refresh, log });
    const delivering = startNotifying(destinations, { store, lead: () => leadership.lead, alarms, log });
    notifying = delivering;
    workers.push(async () => {
      await Promise.all([teller.stop(), delivering.stop()]);
      await leadership.stop();
    });
    log.info({ dns, engine: serving.engine, api, tokenFrom: where, zones: config.zones.length }, 'listening');
    return { dns, api, token, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Of the two bodies of the store, and of what makes a worker, only what this process needs is read: each takes its time. */
async function openStore(config: Config): Promise<Store> {
  const { redisUrl, redisPrefix } = config.store;
  if (redisUrl !== undefined) {
    const { openRedisStore } = await import('../store/redis.ts');
    return openRedisStore(redisUrl, { prefix: redisPrefix });
  }
  const { openEmbeddedStore } = await import('../store/embedded.ts');
  try {
    return openEmbeddedStore(join(config.dataDir, 'lifeguard.sqlite'));
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}; ${DATA_DIR_ADVICE}`);
  }
}

/** What to do about a file of ours that cannot be opened. */
const DATA_DIR_ADVICE =
  'each process needs a data directory of its own, in which its user may write; LIFEGUARD_DATA_DIR names another';

function rememberer(config: Config, log: Logger) {
  try {
    return openLastGood(
      join(config.dataDir, 'last-good.sqlite'),
      (err) => log.error({ err }, 'the last good state could not be written'),
      (aside, err) => log.error({ err, aside }, 'the last good state is damaged: it was set aside'),
    );
  } catch (error) {
    throw new OperatorError(
      `cannot open the last good state in ${config.dataDir}: ${(error as Error).message}; ${DATA_DIR_ADVICE}`,
    );
  }
}

/** The API's token and where it comes from, which is all of it that is ever logged. */
function adminToken(config: Config): { token: string; where: string } {
  if (config.api.token !== undefined) return { token: config.api.token, where: 'from the configuration' };
  const { token, path, isNew } = keptToken(config.dataDir);
  // Said whatever the log's level is: nobody else would say where to find it.
  if (isNew) process.stderr.write(`${path} has a new API token, readable by its owner alone\n`);
  return { token, where: path };
}
