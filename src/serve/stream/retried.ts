import type { Logger } from '../logger.ts';
import type { Encrypted } from './encrypted.ts';

/** Time between two attempts to start listeners again, milliseconds. */
export const RETRY_MS = 1_000;

/**
 * Starts listeners that the thread had before it died, again and again until it works: what they need may be gone meanwhile, as
 * certificate files are while somebody replaces them, and plain TCP must not wait for that. Logs why they do not start, once for each reason.
 */
export function startAgain(
  what: string,
  start: () => Promise<Encrypted>,
  log: Pick<Logger, 'error'>,
): Pick<Encrypted, 'drain' | 'stop'> {
  let running: Encrypted | undefined;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let logged: string | undefined;

  async function attempt(): Promise<void> {
    try {
      running = await start();
    } catch (err) {
      const { message } = err as Error;
      if (message !== logged)
        log.error(
          { err },
          `${what} cannot start again. Lifeguard tries each second, and answers TCP meanwhile.`,
        );
      logged = message;
      if (!isStopped)
        timer = setTimeout(() => {
          attempting = attempt();
        }, RETRY_MS);
    }
  }

  async function end(how: (encrypted: Encrypted) => Promise<void>): Promise<void> {
    isStopped = true;
    clearTimeout(timer);
    await attempting;
    if (running !== undefined) await how(running);
  }

  let attempting = attempt();
  return {
    drain: (handover) => end((encrypted) => encrypted.drain(handover)),
    stop: () => end((encrypted) => encrypted.stop()),
  };
}
