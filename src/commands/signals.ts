import process from 'node:process';
import { isatty } from 'node:tty';
import type { Logger } from '../telemetry/log.ts';
import { ExitCode, fail, OperatorError } from './exit.ts';

/** A stop that takes longer is cut off. */
export const STOP_MAX_MS = 2_000;
/** A second signal within this is the first one again: npm passes on what the terminal has sent to all. */
export const SAME_SIGNAL_MS = 500;

/** Signals that end a process, and those that it ignores. SIGUSR1 would open Node's debugger if nobody listened. */
const ENDING = ['SIGINT', 'SIGTERM'] as const;
const IGNORED = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/** Says how the process stops in order, as soon as there is something to stop; a later one takes its place. */
export type OnStop = (stop: () => Promise<void>) => void;

/** Ends the process for something that only a person can mend: what runs is stopped in order first. */
export type GiveUp = (error: Error) => void;

/**
 * Starts what runs until a signal ends it. The first SIGTERM or SIGINT stops it in order, within STOP_MAX_MS; while nothing
 * is there to be stopped the process ends at once, as nothing that a start does is lost by that. A later one ends it at
 * once, too. SIGHUP, SIGUSR1 and SIGUSR2 are logged and ignored; a terminal that hangs up ends what was started in it.
 * Why the process stops is logged, be it an error that nobody handled. Rejects with what `start` rejects with, but not
 * when it was interrupted.
 */
export async function runUntilSignal(
  log: Logger,
  start: (onStop: OnStop, giveUp: GiveUp) => Promise<void>,
): Promise<void> {
  const isOnTerminal = isatty(process.stderr.fd);
  let stop: (() => Promise<void>) | undefined;
  let stoppedMs: number | undefined;

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
    if (stoppedMs !== undefined) return;
    stoppedMs = performance.now();
    log.fatal({}, error.message);
    const isSaid = log.isLevelEnabled('fatal');
    const exit = () => (isSaid ? process.exit(ExitCode.FAILED) : fail(new OperatorError(error.message)));
    if (stop === undefined) exit();
    setTimeout(exit, STOP_MAX_MS);
    stop?.().then(exit, exit);
  }

  function onIgnored(signal: string): void {
    // Nobody reads a log on a terminal that is gone, and to write there fails.
    if (signal === 'SIGHUP' && isOnTerminal && !isatty(process.stderr.fd)) process.exit(0);
    log.warn({ signal }, `Lifeguard ignores ${signal}.`);
  }

  for (const signal of [...ENDING, ...IGNORED]) {
    // Those of the program's first lines; taken off last, so that at no time nobody listens.
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
    await start((how) => {
      stop = how;
    }, giveUp);
  } catch (error) {
    // What was interrupted fails in many ways.
    if (stoppedMs === undefined) throw error;
  }
}
