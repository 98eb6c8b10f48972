import process from 'node:process';
import { isatty } from 'node:tty';
import type { Logger } from '../telemetry/log.ts';
import { createRepeats, type Repeats } from '../telemetry/repeats.ts';
import { ExitCode, fail, OperatorError } from './exit.ts';
import { findServiceManager } from './service/service-manager.ts';

/** Time limit for an orderly stop, milliseconds. */
export const STOP_MAX_MS = 2_000;
/** A second signal within this time, milliseconds, counts as the first: npm repeats a signal that the terminal sent to all. */
export const SAME_SIGNAL_MS = 500;

/** Signals that stop a process: those of people and service managers, loss of power, and a limit of processor time. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGPWR', 'SIGXCPU'] as const;
/**
 * Signals that a process ignores: without a listener each would end it at once and without a word, and SIGUSR1 would open
 * Node's debugger. Where SIGXFSZ is ignored, a write beyond the limit of a file's size fails, which is logged.
 */
const IGNORED = [
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGIO',
  'SIGSTKFLT',
  'SIGXFSZ',
] as const;

/** What a service manager shows of a process that does its work. */
const RUNNING = 'Running.';

/** Sets the function that stops the process in order; a later call replaces it. */
export type OnStop = (stop: () => Promise<void>) => void;

/** Sets what SIGHUP does; until then, and where it is never called, the signal is ignored. */
export type OnHangUp = (reload: () => Promise<unknown>) => void;

/** Ends the process in order, because the process `pid` has replaced it: `drain` lets connections end. */
export type Leave = (pid: number, drain: () => Promise<void>) => void;

/** Stops the process in order because of a fault that only a person can repair. */
export type GiveUp = (error: Error) => void;

/**
 * Starts a process that runs until a signal ends it. The first signal of ENDING stops it in order, within STOP_MAX_MS;
 * before onStop was called the process ends at once, since a start loses nothing by that. A second signal ends it at once.
 * Signals of IGNORED are ignored, and logged at most once a minute each; but SIGHUP does what onHangUp set, and when its
 * terminal is closed, the process ends. The reason is always logged, also for an unhandled error. A service manager that started
 * the process learns what it does. Rejects with the error of `start`, unless a signal interrupted it.
 */
export async function runUntilSignal(
  log: Logger,
  start: (onStop: OnStop, giveUp: GiveUp, onHangUp: OnHangUp, leave: Leave) => Promise<void>,
): Promise<void> {
  const isOnTerminal = isatty(process.stderr.fd);
  const manager = findServiceManager(process.env, log);
  let stop: (() => Promise<void>) | undefined;
  let stoppedMs: number | undefined;
  let hasLeft = false;
  let hangUp: (() => Promise<unknown>) | undefined;
  const ignored = new Map<string, Repeats>(IGNORED.map((signal) => [signal, createRepeats()]));

  function end(code: number, why: Readonly<Record<string, unknown>>, message: string): never {
    if (code === 0) log.info(why, message);
    else log.error(why, message);
    process.exit(code);
  }

  function onEnding(signal: string): void {
    if (stoppedMs !== undefined) {
      if (performance.now() - stoppedMs < SAME_SIGNAL_MS) return;
      end(ExitCode.FAILED, { signal }, `Lifeguard ends without having stopped: a second signal, ${signal}.`);
    }
    stoppedMs = performance.now();
    log.info({ signal }, `Lifeguard stops: it received ${signal}.`);
    if (!hasLeft) manager.stopping();
    if (stop === undefined) process.exit(0);
    setTimeout(
      () => end(ExitCode.FAILED, {}, `Lifeguard ends without having stopped within ${STOP_MAX_MS} ms.`),
      STOP_MAX_MS,
    ).unref();
    stop().then(
      () => end(0, { signal }, 'Lifeguard has stopped.'),
      (err: unknown) => end(ExitCode.FAILED, { err }, 'Lifeguard ends: it could not stop in order.'),
    );
  }

  function giveUp(error: Error): void {
    if (stoppedMs !== undefined || hasLeft) return;
    stoppedMs = performance.now();
    log.fatal({}, error.message);
    manager.stopping();
    const isSaid = log.isLevelEnabled('fatal');
    const exit = () => (isSaid ? process.exit(ExitCode.FAILED) : fail(new OperatorError(error.message)));
    if (stop === undefined) exit();
    setTimeout(exit, STOP_MAX_MS);
    stop?.().then(exit, exit);
  }

  /** Tells the service manager nothing: for that, the service goes on, by another process. */
  function leave(pid: number, drain: () => Promise<void>): void {
    if (stoppedMs !== undefined) return;
    hasLeft = true;
    manager.leaving();
    log.info({ process: pid }, 'Another process has replaced this one, which lets its connections end.');
    const ended = () => {
      if (stoppedMs === undefined)
        end(0, { process: pid }, 'Lifeguard has stopped: another process has replaced it.');
    };
    drain().then(ended, ended);
  }

  function onIgnored(signal: string): void {
    // A write to a closed terminal fails.
    if (signal === 'SIGHUP' && isOnTerminal && !isatty(process.stderr.fd)) process.exit(0);
    if (signal === 'SIGHUP' && hangUp !== undefined) {
      if (stoppedMs === undefined && !hasLeft) void reload(hangUp);
      return;
    }
    const unsaid = ignored.get(signal)?.due(signal);
    if (unsaid !== undefined) log.warn({ signal, unsaid }, `Lifeguard ignores ${signal}.`);
  }

  async function reload(how: () => Promise<unknown>): Promise<void> {
    manager.reloading();
    await how();
    manager.ready(RUNNING);
  }

  for (const signal of [...ENDING, ...IGNORED]) {
    // Listeners of the program's first lines are removed last, so that there is always one.
    const earlier = process.listeners(signal);
    process.on(signal, IGNORED.some((each) => each === signal) ? onIgnored : onEnding);
    for (const listener of earlier) process.off(signal, listener);
  }
  process.on('uncaughtException', (err, origin) => {
    log.fatal({ err, origin }, 'Lifeguard ends: an error was not handled.');
    if (log.isLevelEnabled('fatal')) process.exit(ExitCode.FAILED);
    fail(err);
  });
  try {
    await start(
      (how) => {
        stop = how;
      },
      giveUp,
      (how) => {
        hangUp = how;
      },
      leave,
    );
    manager.ready(RUNNING);
  } catch (error) {
    // After a signal, the error is a consequence of the stop.
    if (stoppedMs === undefined) throw error;
  }
}
