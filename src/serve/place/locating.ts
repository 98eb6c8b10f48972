import { stat } from 'node:fs/promises';
import type { Geo } from '../../config/config.ts';
import type { Locator } from '../../place/locator.ts';
import { LocatorError } from '../../place/locator-error.ts';
import type { Alarms } from '../alarm/alarms.ts';
import type { Logger } from '../logger.ts';
import { type Loading, loadLocator } from './load.ts';
import { createLoadAlarm, type LoadAlarm } from './load-alarm.ts';

/** Time between two looks at the database files, milliseconds. A file counts when two looks in a row find it the same. */
export const LOOK_MS = 2_000;

/** Dependencies of createLocating. */
export interface LocatingOptions {
  readonly geo: Geo;
  readonly log: Logger;
  /** Milliseconds; absent: LOOK_MS. */
  readonly lookMs?: number;
}

/** The locator of a node, which follows its database files. */
export interface Locating {
  /** The locator now; undefined: none was needed yet. It never changes itself: another takes its place. */
  readonly locator: Locator | undefined;
  /**
   * Loads the locator where the configuration has databases or networks. The embedded database is loaded when it is needed, since
   * nodes without load balancers do not need it. Rejects with LocatorError.
   */
  begin(): Promise<void>;
  /** Resolves with the locator, which it loads where there is none. Rejects with LocatorError. */
  need(): Promise<Locator>;
  /**
   * Loads the locator of another configuration, where one is needed; what it returns puts that in the place of the present one.
   * Rejects with LocatorError; then nothing changes.
   */
  prepare(geo: Geo): Promise<() => void>;
  /** Calls back with each locator that takes the place of another, and with the first. Call the returned function to end that. */
  watch(changed: (locator: Locator) => void): () => void;
  /** Follows the database files from now on: a change is loaded; a file that cannot be used raises an alarm, and the locator stays. */
  follow(alarms: Alarms): void;
  stop(): Promise<void>;
}

/** Creates the locator of a node without loading it. */
export function createLocating({ log, lookMs = LOOK_MS, ...options }: LocatingOptions): Locating {
  let { geo } = options;
  const watchers = new Set<(locator: Locator) => void>();
  let locator: Locator | undefined;
  let loading: Loading | undefined;
  let first: Promise<Locator> | undefined;
  /** What the files were when they were loaded last, whether they could be used or not. */
  let loaded: string | undefined;
  /** What the latest look found. */
  let seen: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function load(): Promise<Locator> {
    if (isStopped) throw new LocatorError('the server stops');
    const wanted = geo;
    loading = loadLocator(wanted);
    const next = await loading.locator;
    // A reload brought another configuration meanwhile, and its locator.
    if (wanted === geo || locator === undefined) use(next);
    return next;
  }

  function use(next: Locator): void {
    locator = next;
    const { places, memory, sources } = next;
    log.info({ places, octets: memory.byteLength, databases: sources.map(shown) }, 'The locator is loaded.');
    for (const changed of watchers) changed(next);
  }

  function need(): Promise<Locator> {
    if (locator !== undefined) return Promise.resolve(locator);
    first ??= (async () => {
      loaded = await signatureOf(filesOf(geo));
      return load();
    })();
    // A later need tries again.
    first.catch(() => {
      first = undefined;
    });
    return first;
  }

  async function look(alarm: LoadAlarm): Promise<void> {
    const before = seen;
    const files = filesOf(geo);
    seen = await signatureOf(files);
    // A file that is being written changes from look to look.
    if (isStopped || seen === loaded || seen !== before) return;
    loaded = seen;
    try {
      await load();
      alarm.loaded({ databases: files });
    } catch (error) {
      if (!isStopped) alarm.failed(error);
    }
  }

  return {
    get locator() {
      return locator;
    },
    async begin() {
      if (geo.databases !== undefined || geo.networks.length > 0) await need();
    },
    need,
    async prepare(next) {
      const isNeeded = locator !== undefined || next.databases !== undefined || next.networks.length > 0;
      const signature = await signatureOf(filesOf(next));
      const ready = isNeeded ? await loadLocator(next).locator : undefined;
      return () => {
        geo = next;
        loaded = signature;
        if (ready !== undefined) use(ready);
      };
    },
    watch(changed) {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    follow(alarms) {
      const alarm = createLoadAlarm(alarms);
      const again = () => {
        if (!isStopped) timer = setTimeout(() => void look(alarm).finally(again), lookMs).unref();
      };
      again();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await loading?.stop();
    },
  };
}

function filesOf({ databases = [] }: Geo): readonly string[] {
  return databases;
}

/** Returns a text that changes when one of the files does. */
async function signatureOf(files: readonly string[]): Promise<string> {
  const all = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ dev, ino, size, mtimeMs }) => `${dev}/${ino}/${size}/${mtimeMs}`,
        () => 'none',
      ),
    ),
  );
  return all.join(' ');
}

function shown({ name, type, builtMs }: Locator['sources'][number]) {
  return { name, type, builtAt: new Date(builtMs).toISOString() };
}
