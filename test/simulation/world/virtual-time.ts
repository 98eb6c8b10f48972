import { AsyncLocalStorage } from 'node:async_hooks';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { nextTick } from 'node:process';
import timersPromises from 'node:timers/promises';
import { numbersFrom } from '../../fuzz/random.ts';
import { createEventQueue, Scheduled } from './event-queue.ts';

/** True time at which every history begins, milliseconds since the epoch. */
export const BEGINNING_MS = 1_800_000_000_000;

/** A simulated process: whatever it starts, timers included, belongs to it and shares its fate. */
export interface Process {
  readonly name: string;
  /** How far its wall clock is ahead of the true one, milliseconds. */
  skewMs: number;
  /**
   * `paused` (SIGSTOP): nothing of it runs, and what was due meanwhile runs when it goes on, timers before what arrived.
   * `dead` (SIGKILL): never again.
   */
  state: 'running' | 'paused' | 'dead';
  /** What became due while it was paused, in order. */
  readonly missed: Scheduled[];
  /** Timers and answers it waits for. */
  pending: number;
}

/** A clock that moves only when told to, in the place of all clocks and timers of this thread. */
export interface VirtualTime {
  /** Milliseconds since the beginning. */
  readonly nowMs: number;
  /** Events run so far. */
  readonly events: number;
  /** A new process that runs. */
  process(name: string, skewMs?: number): Process;
  resume(process: Process): void;
  kill(process: Process): void;
  /** Runs something as part of a process. */
  within<T>(process: Process, body: () => T): T;
  /** Lets something happen after so many milliseconds; where a process is given it is what arrives there, as from a socket. */
  after(delayMs: number, body: () => void, process?: Process): void;
  /** Lets time pass until then; `stepped` is called after each event, when all that follows from it at once is done. */
  until(ms: number, stepped: () => void): Promise<void>;
  /** Puts the real clocks back. */
  uninstall(): void;
}

/** A real turn of the event loop is taken once in this many events, for what watches this thread. */
const EVENTS_PER_TURN = 2_000;
const TIMERS = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
];

/**
 * Takes the place of timers (those of `node:timers/promises` too), Date.now, performance and randomUUID until
 * uninstalled, so that two runs from one seed are the same run. One at a time in a thread.
 */
export function installVirtualTime(seed: number): VirtualTime {
  const owner = new AsyncLocalStorage<Process>();
  const queue = createEventQueue();
  const random = numbersFrom(seed);
  let nowMs = 0;
  let events = 0;

  function add(of: Process | undefined, delayMs: number, run: () => void, everyMs?: number): Scheduled {
    const event = new Scheduled(of, run, everyMs);
    queue.add(event, nowMs + Math.max(0, delayMs));
    if (of !== undefined) of.pending++;
    return event;
  }

  function clear(event: Scheduled | undefined): void {
    if (!(event instanceof Scheduled) || event.isCleared) return;
    event.isCleared = true;
    if (event.process !== undefined) event.process.pending--;
  }

  function happen(event: Scheduled): void {
    const of = event.process;
    if (event.isCleared || of?.state === 'dead') return;
    if (of?.state === 'paused') {
      of.missed.push(event);
      return;
    }
    if (event.everyMs === undefined) clear(event);
    else queue.add(event, nowMs + event.everyMs);
    events++;
    if (of === undefined) event.run();
    else owner.run(of, event.run);
  }

  const putBack = replaceClocks({
    now: () => nowMs,
    skewMs: () => owner.getStore()?.skewMs ?? 0,
    add: (delayMs, run, everyMs) => add(owner.getStore(), delayMs, run, everyMs),
    clear,
    randomUUID: () => {
      const digits = Array.from({ length: 32 }, () => random(16).toString(16)).join('');
      return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
  });
  const turn = putBack.turn;

  /** Resolves when nothing more can run without an event: the tick queue is looked at when no promise is left to settle. */
  const settled = () => new Promise<void>((resolve) => nextTick(resolve));

  return {
    get nowMs() {
      return nowMs;
    },
    get events() {
      return events;
    },
    process: (name, skewMs = 0) => ({ name, skewMs, state: 'running', missed: [], pending: 0 }),
    resume(each) {
      if (each.state !== 'paused') return;
      each.state = 'running';
      // As Node does after SIGCONT: timers that are due run before anything is read.
      const missed = each.missed.splice(0).sort((a, b) => Number(a.isArrival) - Number(b.isArrival));
      for (const event of missed) if (!event.isCleared) queue.add(event, nowMs);
    },
    kill(each) {
      each.state = 'dead';
      each.missed.length = 0;
    },
    within: (each, body) => owner.run(each, body),
    after(delayMs, body, each) {
      add(each, delayMs, body).isArrival = each !== undefined;
    },
    async until(ms, stepped) {
      await settled();
      while (queue.earliest !== undefined && queue.earliest.dueMs <= ms) {
        const event = queue.take()!;
        nowMs = Math.max(nowMs, event.dueMs);
        happen(event);
        await settled();
        stepped();
        if (events % EVENTS_PER_TURN === 0) await turn();
      }
      nowMs = Math.max(nowMs, ms);
    },
    uninstall: putBack.all,
  };
}

interface Clocks {
  readonly now: () => number;
  readonly skewMs: () => number;
  readonly add: (delayMs: number, run: () => void, everyMs?: number) => Scheduled;
  readonly clear: (event: Scheduled | undefined) => void;
  readonly randomUUID: () => string;
}

/** Returns what puts the real ones back, and a real turn of the event loop. */
function replaceClocks({ now, skewMs, add, clear, randomUUID }: Clocks): {
  readonly all: () => void;
  readonly turn: () => Promise<void>;
} {
  const globals = globalThis as unknown as Record<string, unknown>;
  const promises = timersPromises as unknown as Record<string, unknown>;
  const random = crypto as unknown as Record<string, unknown>;
  const real = {
    globals: Object.fromEntries(TIMERS.map((name) => [name, globals[name]])),
    sleep: promises.setTimeout,
    turn: promises.setImmediate as () => Promise<void>,
    dateNow: Date.now,
    randomUUID: random.randomUUID,
  };
  type Run = (...args: unknown[]) => void;
  // Node's own timers wait for a millisecond at least.
  const delay = (ms: unknown) => Math.max(1, Number(ms) || 1);
  globals.setTimeout = (run: Run, ms: unknown, ...args: unknown[]) => add(delay(ms), () => run(...args));
  globals.setInterval = (run: Run, ms: unknown, ...args: unknown[]) =>
    add(delay(ms), () => run(...args), delay(ms));
  globals.setImmediate = (run: Run, ...args: unknown[]) => add(0, () => run(...args));
  for (const name of TIMERS.slice(3)) globals[name] = clear;
  promises.setImmediate = (value: unknown) => new Promise((resolve) => add(0, () => resolve(value)));
  promises.setTimeout = (ms: number, value: unknown, options?: { readonly signal?: AbortSignal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const signal = options?.signal;
    const timer = add(delay(ms), () => {
      signal?.removeEventListener('abort', aborted);
      resolve(value);
    });
    function aborted(): void {
      clear(timer);
      reject(new DOMException('The operation was aborted', 'AbortError'));
    }
    if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
    return promise;
  };
  Date.now = () => BEGINNING_MS + Math.floor(now()) + skewMs();
  Object.defineProperty(performance, 'now', { value: now, configurable: true });
  Object.defineProperty(performance, 'timeOrigin', { value: BEGINNING_MS, configurable: true });
  random.randomUUID = randomUUID;
  syncBuiltinESMExports();
  return {
    turn: () => real.turn(),
    all() {
      Object.assign(globals, real.globals);
      promises.setTimeout = real.sleep;
      promises.setImmediate = real.turn;
      Date.now = real.dateNow;
      Reflect.deleteProperty(performance, 'now');
      Reflect.deleteProperty(performance, 'timeOrigin');
      random.randomUUID = real.randomUUID;
      syncBuiltinESMExports();
    },
  };
}
