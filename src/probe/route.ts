import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { LocalFault } from './failure.ts';

/**
 * Errors that both sides have: the kernel gives them where this machine has no route, and also for an ICMP "unreachable" that
 * came back (RFC 1122 §3.2.2.1, RFC 4443 §3.1). EINVAL is an address that needs an interface, or a route that discards.
 */
const ROUTE_CODES: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EINVAL']);

/** Any will do: the datagram socket is connected, which looks for a route, and sends nothing. */
const PORT = 9;

/**
 * The LocalFault that an error of an attempt is where this machine has no route to the address, such as a worker without IPv6;
 * undefined: it has one, or the error is another. `address`: where the attempt went, unless the error names its own.
 */
export async function missingRoute(error: unknown, address: string): Promise<LocalFault | undefined> {
  if (!(error instanceof Error)) return undefined;
  const { code = '', address: own = address } = error as NodeJS.ErrnoException & { address?: string };
  if (!ROUTE_CODES.has(code)) return undefined;
  const refusal = await routeRefusal(own);
  if (refusal === undefined) return undefined;
  return new LocalFault(`this machine has no route to ${own} (${refusal})`, { cause: error });
}

/** Returns the kernel's error for a route to an IP address; undefined: there is a route. */
function routeRefusal(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const end = (error?: NodeJS.ErrnoException) => {
      resolve(error?.code);
      socket.close();
    };
    // An error before it is bound comes as an event, a later one is given to the callback.
    socket.once('error', end);
    socket.connect(PORT, address, end);
  });
}
