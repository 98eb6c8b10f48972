import type { Socket } from 'node:net';
import { reasonOf } from './failure.ts';
import { missingRoute } from './route.ts';
import { connectTcp } from './tcp.ts';

/** Time after which the next address is tried beside the one before, milliseconds (RFC 8305 §8). */
export const NEXT_ADDRESS_MS = 250;

/**
 * Opens a connection to the first of these addresses that answers, as the clients of a host name do (RFC 8305 §5): the next one
 * is tried once one fails, and beside it where it is slow. The socket is destroyed when the signal aborts. Where none answers,
 * rejects with LocalFault if this machine was unable to try one of them; else with the signal's reason, or once all failed with
 * the error of the first address.
 */
export async function connectFirst(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const endings = addresses.map(() => new AbortController());
  const errors: unknown[] = [];
  const connected = await new Promise<Socket | undefined>((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let next = 0;
    let failed = 0;
    const startNext = () => {
      clearTimeout(timer);
      const at = next;
      const ending = endings[at];
      if (ending === undefined) return;
      next += 1;
      timer = setTimeout(startNext, NEXT_ADDRESS_MS);
      connectTcp(addresses[at]!, port, AbortSignal.any([signal, ending.signal])).then(
        (socket) => {
          clearTimeout(timer);
          next = addresses.length;
          for (const other of endings) if (other !== ending) other.abort();
          resolve(socket);
        },
        (error: unknown) => {
          errors[at] = error;
          failed += 1;
          if (failed < addresses.length) return startNext();
          clearTimeout(timer);
          resolve(undefined);
        },
      );
    };
    startNext();
  });
  if (connected !== undefined) return connected;
  for (const [at, error] of errors.entries()) {
    const fault = await missingRoute(error, addresses[at]!);
    if (fault !== undefined) throw fault;
    // Throws where this machine caused the error.
    reasonOf(error, 'connect');
  }
  signal.throwIfAborted();
  throw errors[0];
}
