import process from 'node:process';
import { ExitCode } from './exit.ts';

/** A stop that takes longer is cut off. */
export const STOP_MAX_MS = 2_000;

/**
 * Calls `stop` once, on the first SIGTERM or SIGINT, and ends the process when it is done or took STOP_MAX_MS. A
 * second signal ends it at once.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  const onSignal = () => {
    if (isStopping) process.exit(ExitCode.FAILED);
    isStopping = true;
    setTimeout(() => process.exit(ExitCode.FAILED), STOP_MAX_MS).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(ExitCode.FAILED),
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
