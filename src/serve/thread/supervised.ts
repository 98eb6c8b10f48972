import { Worker } from 'node:worker_threads';
import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import { Signal, type ThreadData, type ThreadMessage } from './thread.ts';

/** What startThread needs. */
export interface ThreadOptions<Data extends ThreadData> {
  /** A name for debuggers and profiles. */
  readonly name: string;
  /** The module that the thread runs. */
  readonly entry: URL;
  /** Makes what the thread is started with, for each start. */
  data(): Omit<Data, 'signals'>;
  /** The thread died and is started again, unless it is stopped here. */
  died(error: unknown): void;
  /** The thread posted a message; absent: it posts none. */
  received?(message: unknown): void;
}

/** A data-plane thread that is started again when it dies. */
export interface SupervisedThread {
  /** Changes over to other buffers of the answer table. */
  adopt(table: TableBuffers): void;
  /** Answers by other settings from now on. */
  useSettings(settings: ResponderSettings): void;
  /** Returns true when the thread reads no buffers but those adopted last. */
  hasAdopted(): boolean;
  /** Resolves when the thread says that it answers, or after ANSWERS_MS. */
  readonly answers: Promise<void>;
  /** Has the thread drain, and resolves when it has ended. `successor`: the path at which another server answers. */
  drain(successor?: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * How long a dead thread waits to be started: twice the time before, up to the longest; the shortest where it lived for longer
 * than the longest.
 */
const RESTART_MIN_MS = 10;
const RESTART_MAX_MS = 5_000;
/** Longest wait for a thread to answer. */
const ANSWERS_MS = 1_000;

/** Starts a data-plane thread. */
export function startThread<Data extends ThreadData>({
  name,
  entry,
  data,
  died,
  received = () => undefined,
}: ThreadOptions<Data>): SupervisedThread {
  const stopped = Promise.withResolvers<void>();
  let signals = newSignals();
  let worker: Worker | undefined;
  let isOver = false;
  let delayMs = RESTART_MIN_MS;
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    timer = undefined;
    signals = newSignals();
    const startedMs = performance.now();
    let cause: unknown = new Error('it ended by itself');
    // Modules that Node's command line preloads are for the main thread: here they could hold up answers.
    worker = new Worker(entry, { name, execArgv: [], workerData: { ...data(), signals: signals.buffer } });
    worker.on('message', received);
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      worker = undefined;
      if (!isOver) {
        died(cause);
        delayMs =
          performance.now() - startedMs > RESTART_MAX_MS
            ? RESTART_MIN_MS
            : Math.min(2 * delayMs, RESTART_MAX_MS);
      }
      if (isOver) stopped.resolve();
      else timer = setTimeout(start, delayMs);
    });
  }

  function post(message: ThreadMessage): void {
    worker?.postMessage(message);
    Atomics.add(signals, Signal.POSTED, 1);
  }

  /** Ends the thread for good. */
  function end(how: typeof Signal.STOP | typeof Signal.DRAIN): Promise<void> {
    isOver = true;
    clearTimeout(timer);
    Atomics.store(signals, how, 1);
    Atomics.notify(signals, how);
    if (worker === undefined) stopped.resolve();
    return stopped.promise;
  }

  start();
  return {
    adopt: (table) => post({ table }),
    useSettings: (settings) => post({ settings }),
    hasAdopted: () => Atomics.load(signals, Signal.TAKEN) === Atomics.load(signals, Signal.POSTED),
    answers: answering(signals),
    drain(successor) {
      if (successor !== undefined) post({ successor });
      return end(Signal.DRAIN);
    },
    stop: () => end(Signal.STOP),
  };
}

function newSignals(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Object.keys(Signal).length * Int32Array.BYTES_PER_ELEMENT));
}

async function answering(signals: Int32Array<SharedArrayBuffer>): Promise<void> {
  await Atomics.waitAsync(signals, Signal.ANSWERS, 0, ANSWERS_MS).value;
}
