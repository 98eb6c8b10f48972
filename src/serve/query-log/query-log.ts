import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import { newRing, type Sampling } from '../../answer/sample/ring.ts';
import type { Config } from '../../config/config.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import { programVersion } from '../../telemetry/version.ts';
import type { Logger } from '../logger.ts';
import { type RelayedLine, writeRelayed } from '../thread/relayed-log.ts';
import { newQueryLogCounts, QueryLogCount, type QueryLogData } from './thread-data.ts';

/** Pause before the thread of the query log is started again, milliseconds. */
const RESTART_MS = 1_000;
/** Longest wait for the thread to write what is left, milliseconds: its disk may hang. */
const STOP_MAX_MS = 2_000;

/** What became of copied exchanges so far, by output. */
export interface QueryLogReading {
  readonly written: Readonly<Record<'file' | 'dnstap', number>>;
  readonly lost: Readonly<Record<'file' | 'dnstap', number>>;
}

/** The query log of a server. */
export interface QueryLog {
  /** Writes as the configuration says from now on. Returns what threads that answer should copy; undefined: nothing. */
  use(dns: Pick<Config['dns'], 'queryLog' | 'identity'>): Sampling | undefined;
  readonly reading: QueryLogReading;
  /** Writes what was copied, and ends. */
  stop(): Promise<void>;
}

/** Creates a query log that is off. */
export function createQueryLog(log: Logger): QueryLog {
  const counts = newQueryLogCounts();
  const deaths = createRepeats();
  /** One for all settings, since threads may use the last one for a moment. */
  let ring: SharedArrayBuffer | undefined;
  let present: readonly unknown[] = [];
  let running: { stop(): Promise<void> } | undefined;
  let ending = Promise.resolve();

  function start(data: Omit<QueryLogData, 'stop'>): { stop(): Promise<void> } {
    const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const ended = Promise.withResolvers<void>();
    let timer: NodeJS.Timeout | undefined;
    let worker: Worker | undefined;
    const run = () => {
      timer = undefined;
      worker = new Worker(new URL('./query-log-entry.ts', import.meta.url), {
        name: 'query-log',
        execArgv: [],
        workerData: { ...data, stop },
      });
      worker.on('message', (line: RelayedLine) => writeRelayed(log, line));
      worker.on('error', (err) => {
        const unsaid = deaths.due(String(err));
        if (unsaid !== undefined)
          log.error(
            { err, unsaid },
            'The thread of the query log ended unexpectedly. Lifeguard starts it again.',
          );
      });
      worker.on('exit', () => {
        worker = undefined;
        if (Atomics.load(stop, 0) === 1) ended.resolve();
        else timer = setTimeout(run, RESTART_MS);
      });
    };
    // There is one reader of the ring at a time.
    void ending.then(() => {
      if (Atomics.load(stop, 0) === 0) run();
    });
    return {
      stop() {
        Atomics.store(stop, 0, 1);
        clearTimeout(timer);
        if (worker === undefined) ended.resolve();
        const late = setTimeout(() => void worker?.terminate(), STOP_MAX_MS);
        return ended.promise.finally(() => clearTimeout(late));
      },
    };
  }

  function end(): Promise<void> {
    const last = running;
    running = undefined;
    ending = ending.then(() => last?.stop());
    return ending;
  }

  return {
    use({ queryLog, identity }) {
      const next = [queryLog, identity];
      if (queryLog === undefined) {
        void end();
        present = next;
        return undefined;
      }
      ring ??= newRing();
      if (!isDeepStrictEqual(next, present)) {
        void end();
        const { file, dnstap, zones } = queryLog;
        running = start({
          ...(file !== undefined && { file }),
          ...(dnstap !== undefined && { dnstap }),
          zones,
          ring,
          counts,
          identity: identity ?? hostname(),
          version: `lifeguard ${programVersion()}`,
        });
      }
      present = next;
      return { ring, share: queryLog.share };
    },
    get reading() {
      const { FILE, DNSTAP, FILE_LOST, DNSTAP_LOST } = QueryLogCount;
      return {
        written: { file: counts[FILE]!, dnstap: counts[DNSTAP]! },
        lost: { file: counts[FILE_LOST]!, dnstap: counts[DNSTAP_LOST]! },
      };
    },
    stop: end,
  };
}
