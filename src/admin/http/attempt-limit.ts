import { isIP } from 'node:net';

/** Maximum number of wrong credentials from one client within ATTEMPT_WINDOW_MS; further ones must wait until it ends. */
export const FAILED_ATTEMPTS_MAX = 20;
export const ATTEMPT_WINDOW_MS = 60_000;
/** Maximum number of remembered clients; a new one replaces the one with the oldest first failure. */
export const CLIENTS_MAX = 10_000;

/** Counts the wrong credentials of each client. */
export interface AttemptLimit {
  /** Returns the seconds for which a client with a wrong credential must wait, at least 1; undefined: none. */
  waitSeconds(address: string): number | undefined;
  failed(address: string): void;
  /** Forgets a client's failures. */
  succeeded(address: string): void;
}

/** Creates a counter. `monotonicMs`: a clock that never jumps. Clients are IPv4 addresses and IPv6 networks of 64 bits, since one host may have a whole network. */
export function createAttemptLimit(monotonicMs: () => number): AttemptLimit {
  const clients = new Map<string, { failures: number; untilMs: number }>();
  return {
    waitSeconds(address) {
      const client = clients.get(clientOf(address));
      const leftMs = client === undefined ? 0 : client.untilMs - monotonicMs();
      if (client === undefined || leftMs <= 0 || client.failures < FAILED_ATTEMPTS_MAX) return undefined;
      return Math.ceil(leftMs / 1_000);
    },
    failed(address) {
      const key = clientOf(address);
      const known = clients.get(key);
      if (known !== undefined && known.untilMs > monotonicMs()) {
        known.failures += 1;
        return;
      }
      clients.delete(key);
      if (clients.size >= CLIENTS_MAX) clients.delete(clients.keys().next().value!);
      clients.set(key, { failures: 1, untilMs: monotonicMs() + ATTEMPT_WINDOW_MS });
    },
    succeeded(address) {
      clients.delete(clientOf(address));
    },
  };
}

/** The client when a trusted proxy names it by something other than an address. */
export const NOT_AN_ADDRESS = 'unknown';

/** Returns the identity of a client by its address: an IPv4 address, or an IPv6 network of 64 bits. */
export function clientOf(address: string): string {
  if (isIP(address) === 0) return NOT_AN_ADDRESS;
  if (!address.includes(':')) return address;
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1);
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = tail.split(':').filter((group) => group !== '');
  const zeros = address.includes('::') ? 8 - left.length - right.length : 0;
  return [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right].slice(0, 4).join(':');
}
