import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import type { Loaded } from '../config/source/load.ts';
import { LocatorError } from '../place/locator-error.ts';
import { createStoreRefusals } from '../serve/alarm/store-refusals.ts';
import { ListenError } from '../serve/listen/listen-error.ts';
import { createLocating } from '../serve/place/locating.ts';
import { type Serving, startServe } from '../serve/serve.ts';
import { cacheReads } from '../store/cached-reads.ts';
import type { EmbeddedOptions } from '../store/embedded/embedded.ts';
import { ENDPOINT_HEAP_OCTETS, StoreTooLarge } from '../store/heap-bound.ts';
import type { RepairableStore } from '../store/integrity/repair.ts';
import { openLastGood } from '../store/last-good/last-good.ts';
import type { Logger } from '../telemetry/log.ts';
import { createRepeats } from '../telemetry/repeats.ts';
import { programVersion } from '../telemetry/version.ts';
import { answerSizeWarnings, zoneWarnings } from '../zone/zone-warnings.ts';
import { keptToken } from './admin-token.ts';
import { apiCertificate } from './api-certificate.ts';
import { badConfiguration, explainDnsListen, OperatorError } from './exit.ts';
import { makeDataDir } from './load.ts';
import type { StopWork } from './manage.ts';
import { DATA_DIR_ADVICE, lockDataDir } from './precondition/data-dir-lock.ts';
import { mustOpenFiles } from './precondition/open-files.ts';
import { createReload, type Reload } from './reload/reload.ts';
import { servedParts } from './reload/served-parts.ts';
import type { Listening } from './replace/messages.ts';
import type { Takeover } from './replace/take.ts';
import type { GiveUp } from './signals.ts';
import { digestsOf } from './source/configuration-digests.ts';
import { mustFit } from './store/fitting-store.ts';
import { redisStoreOptions } from './store/redis-options.ts';
import { isCurrent, savedAnswersFile } from './store/saved-answers-file.ts';

/** The API waits this long for the first read of the store, milliseconds. */
const FIRST_READ_MS = 1_000;

/** Time for what was written last to be in the answers, before they stay as they are, milliseconds. */
const LAST_WRITES_MS = 500;
const LAST_WRITES_LOOK_MS = 5;

/** A running process: its addresses, its token, and the function that stops it. */
export interface Running {
  /** The configuration of the start or of the last reload. */
  readonly config: Config;
  /** Reads the configuration again and takes it in. */
  readonly reload: Reload;
  readonly dns: readonly string[];
  readonly api: string;
  readonly token: string;
  /** Makes a link to the dashboard that logs in once (ManagedApi). */
  readonly loginLink: () => string | undefined;
  readonly serving: Serving;
  readonly listening: Listening;
  /** Stops all but the answers, which stay as they are, and lets go of the data directory. Never rejects. */
  release(): Promise<void>;
  stop(): Promise<void>;
}

/** Options of `start`. */
export interface StartOptions {
  /** Whether this process has a worker as well. */
  readonly monitor: boolean;
  readonly giveUp?: GiveUp;
  /** Reads the configuration for a reload; absent: it stays as it is. */
  readonly read?: () => Loaded;
  /** The replacement of another server by this one; absent: there is none to be replaced. */
  readonly takeover?: Takeover;
}

/**
 * Starts DNS, the API and, with `monitor`, a worker, over the configured store. The code of the API is loaded after DNS
 * answers, since that takes longer than all steps before; but a server that replaces another loads all code, and all
 * that it can read, while the other answers. Throws OperatorError.
 */
export async function start(given: Config, log: Logger, options: StartOptions): Promise<Running> {
  const { monitor, giveUp, takeover, read = () => ({ ok: true, config: given }) } = options;
  const config = takeover?.config ?? given;
  const inherited = takeover?.inherited;
  mustOpenFiles();
  makeDataDir(config);
  /** Workers stop first, all together, since a signal waits for all of them. Then the things that they use are closed, one by one. */
  const workers: StopWork[] = [];
  const closers: (() => Promise<void> | void)[] = [];
  const managed = Promise.withResolvers<void>();
  let serving: Serving | undefined;
  const stopAllBut = async (answers: (() => Promise<void>) | undefined) => {
    await Promise.allSettled([...workers.splice(0).map((each) => each(false)), answers?.()]);
    for (const close of closers.splice(0).reverse()) await Promise.resolve(close()).catch(failedToClose(log));
  };
  const stop = () => stopAllBut(() => serving?.stop() ?? Promise.resolve());
  const release = async () => {
    await Promise.allSettled(workers.splice(0).map((each) => each(true)));
    const endMs = performance.now() + LAST_WRITES_MS;
    while (serving?.refresh.published === undefined && performance.now() < endMs)
      await sleep(LAST_WRITES_LOOK_MS);
    await stopAllBut(() => serving?.freeze() ?? Promise.resolve());
  };
  try {
    if (takeover === undefined) closers.push(lockDataDir(config.dataDir));
    // Bad tokens and certificates are reported before anything is answered or read.
    const { token, where } = adminToken(config, log);
    const certificate = config.api.tls && apiCertificate(config.api.tls, log);
    const locating = createLocating({ geo: config.geo, log });
    closers.push(() => locating.stop());
    // Answers need not wait: a database of cities takes seconds. A start with one that cannot be used fails nevertheless.
    const located = locating.begin().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (takeover !== undefined) {
      await Promise.all([loadCode(config, monitor), located.then(mustLocate)]);
      closers.push(await takeover.take());
    }
    const there = await openStore(config, monitor ? 'all' : 'serve');
    const opened = giveUp === undefined ? there : mustFit(there, giveUp);
    closers.push(() => opened.close());
    const refusals = createStoreRefusals(() => performance.now());
    const store = refusals.watch(opened);
    const reads = cacheReads(store);
    const lastGood = config.store.redisUrl === undefined ? undefined : rememberer(config, log);
    if (lastGood) closers.push(() => lastGood.close());
    const answers = await startServe({
      config,
      store: reads.uncached,
      log,
      locating,
      ...(inherited && { inherited }),
      kept: {
        ...savedAnswersFile(config),
        isCurrent: (kept) => isCurrent(kept, { store, lastGood, log }),
        after: managed.promise,
      },
      lastHealthyPath: join(config.dataDir, 'last-healthy'),
      ...(lastGood ? { lastGood } : {}),
      loaded: reads.keep,
      refusal: () => refusals.why,
    })
      .catch((error: unknown) => {
        const isForOperator = error instanceof ListenError || error instanceof StoreTooLarge;
        throw isForOperator ? new OperatorError(error.message) : error;
      })
      .catch(explainDnsListen);
    serving = answers;
    const dns = answers.addresses.map(formatListenAddress);
    // Loading the code of the API would delay the first read of the store, while DNS has nothing or only the last good state to answer from.
    if (!answers.readsLater)
      await Promise.race([answers.refresh.tried, sleep(FIRST_READ_MS, undefined, { ref: false })]);
    const parts = servedParts({ config, serving: answers, locating, log });
    let present = given;
    let digests = digestsOf(given);
    const reload = createReload({
      config: given,
      read,
      parts,
      taken(next) {
        present = next;
        digests = digestsOf(next);
      },
      alarms: answers.refresh.alarms,
      log,
    });
    const apiSocket = inherited?.take('TCP', config.api.listen)[0]?.fd;
    const { startManaging } = await import('./manage.ts');
    const api = await startManaging({
      config,
      store,
      reads,
      serving: answers,
      locating,
      log,
      token,
      ...(certificate && { certificate }),
      ...(apiSocket !== undefined && { inherited: apiSocket }),
      refusal: () => refusals.why,
      monitor,
      digests: () => digests,
      reload,
      reloads: (part) => parts.push(part),
      ending: { works: (each) => workers.push(each), holds: (each) => closers.push(each) },
    });
    managed.resolve();
    mustLocate(await located);
    locating.follow(answers.refresh.alarms);
    const warnings = [...zoneWarnings(config.zones), ...answerSizeWarnings(config.dns.answerAddressesMax)];
    for (const warning of warnings) log.warn(warning);
    inherited?.closeRest();
    await takeover?.answering();
    const { url } = api;
    const zones = config.zones.length;
    const version = programVersion();
    const configuration = digests.all;
    const dashboard = config.dashboard.enabled ? `${url}/` : undefined;
    log.info(
      { version, configuration, dns, engine: answers.engine, api: url, dashboard, tokenFrom: where, zones },
      'listening',
    );
    const { addresses, tls, https } = answers;
    return {
      get config() {
        return present;
      },
      dns,
      api: url,
      token,
      loginLink: api.loginLink,
      serving: answers,
      listening: { dns: addresses, tls, https, api: api.listen },
      release,
      stop,
      reload,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Throws the fault of a locator, for the operator where a database cannot be used. */
function mustLocate(fault: unknown): void {
  if (fault instanceof LocatorError)
    throw badConfiguration([{ path: 'geo.database', message: fault.message }]);
  if (fault !== undefined) throw fault;
}

/** Loads the code of a start ahead of it. */
async function loadCode({ store }: Config, monitor: boolean): Promise<void> {
  await Promise.all([
    import('./manage.ts'),
    store.redisUrl === undefined
      ? import('../store/embedded/embedded.ts')
      : import('../store/redis/redis.ts'),
    ...(monitor ? [import('../monitor/monitor.ts')] : []),
  ]);
}

function failedToClose(log: Logger): (err: unknown) => void {
  return (err) => log.error({ err }, 'A part of Lifeguard could not stop in order.');
}

/** Returns the path of the embedded store. */
export function storePath({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'lifeguard.sqlite');
}

/** Opens the configured store, and loads the code of that kind of store only. Throws OperatorError. */
export async function openStore(
  config: Config,
  what: keyof typeof ENDPOINT_HEAP_OCTETS = 'serve',
): Promise<RepairableStore> {
  const endpointOctets = ENDPOINT_HEAP_OCTETS[what];
  const { redisUrl } = config.store;
  if (redisUrl === undefined) return openEmbedded(config, { endpointOctets }, DATA_DIR_ADVICE);
  const { openRedisStore } = await import('../store/redis/redis.ts');
  return openRedisStore(redisUrl, redisStoreOptions(config.store, endpointOctets));
}

/**
 * Opens the configured store for its repair: empty tables, or keys, stand in for those that are missing, or of another type
 * than they must be. With `salvages` it opens what can be read of a file whose pages are damaged. Throws OperatorError, StoreUnavailable.
 */
export async function openForRepair(config: Config, salvages = false): Promise<RepairableStore> {
  const endpointOctets = ENDPOINT_HEAP_OCTETS.serve;
  const { redisUrl } = config.store;
  if (redisUrl === undefined)
    return openEmbedded(
      config,
      { endpointOctets, isForRepair: true },
      'Stop the server that uses it, and run this command as a user who may write in its data directory.',
      salvages,
    );
  const { openRedisForRepair } = await import('../store/redis/redis.ts');
  return openRedisForRepair(redisUrl, redisStoreOptions(config.store, endpointOctets));
}

/** `advice`: the last sentence of the error. */
async function openEmbedded(
  config: Config,
  options: EmbeddedOptions,
  advice: string,
  salvages = false,
): Promise<RepairableStore> {
  const open = salvages
    ? (await import('../store/embedded/salvage/salvaged-store.ts')).openSalvagedStore
    : (await import('../store/embedded/embedded.ts')).openEmbeddedStore;
  const evidence = ['answers', 'last-good.sqlite'].map((name) => join(config.dataDir, name));
  try {
    return open(storePath(config), { evidence, ...options });
  } catch (error) {
    throw new OperatorError(`${(error as Error).message.replace(/\.$/, '')}. ${advice}`);
  }
}

function rememberer(config: Config, log: Logger) {
  const repeats = createRepeats();
  try {
    return openLastGood(
      join(config.dataDir, 'last-good.sqlite'),
      (err) => {
        const unsaid = repeats.due(String(err));
        if (unsaid !== undefined)
          log.error(
            { err, unsaid },
            'Cannot write the last good state to the data directory. Lifeguard keeps it in memory and tries again.',
          );
      },
      (aside, err) =>
        log.error(
          { err, aside },
          'The last good state is damaged. Lifeguard renamed the file and starts without a last good state.',
        ),
    );
  } catch (error) {
    throw new OperatorError(
      `Cannot open the last good state in ${config.dataDir}: ${(error as Error).message}. ${DATA_DIR_ADVICE}`,
    );
  }
}

/** Returns the token of the API and where it comes from; only the latter may be logged. Throws OperatorError. */
function adminToken(config: Config, log: Logger): { token: string; where: string } {
  if (config.api.token !== undefined) return { token: config.api.token, where: 'from the configuration' };
  const { token, path, isNew, wasOpen } = keptToken(config.dataDir);
  // Printed whatever the log level: it is the only place that names the file.
  if (isNew) process.stderr.write(`Created an API token in ${path}, readable by its owner only.\n`);
  if (wasOpen !== undefined)
    log.warn(
      { path, permissions: wasOpen },
      'Other users could read the API token until now. If one of them may have read it, delete the file and restart: that creates another token.',
    );
  return { token, where: path };
}
