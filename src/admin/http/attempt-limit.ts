import { isIP } from 'node:net';

/** Wrong credentials one client may send within ATTEMPT_WINDOW_MS; until it ends, further ones are told to wait. */
export const FAILED_ATTEMPTS_MAX = 20;
export const ATTEMPT_WINDOW_MS = 60_000;
/** Clients remembered; the one that failed first longest ago is forgotten for a new one. */
export const CLIENTS_MAX = 10_000;

/** Counts the wrong credentials of each client. */
export interface AttemptLimit {
  /** Seconds until a client's wrong credentials are told to be wrong again, at least 1; undefined: now. */
  waitSeconds(address: string): number | undefined;
  failed(address: string): void;
  /** Forgets a client's failures. */
  succeeded(address: string): void;
}

/** Starts counting. Clients are IPv4 addresses and IPv6 networks of 64 bits, of which one host may have all. */
export function createAttemptLimit(nowMs: () => number): AttemptLimit {
  const clients = new Map<string, { failures: number; untilMs: number }>();
  return {
    waitSeconds(address) {
      const client = clients.get(clientOf(address));
      const leftMs = client === undefined ? 0 : client.untilMs - nowMs();
      if (client === undefined || leftMs <= 0 || client.failures < FAILED_ATTEMPTS_MAX) return undefined;
      return Math.ceil(leftMs / 1_000);
    },
    failed(address) {
      const key = clientOf(address);
      const known = clients.get(key);
      if (known !== undefined && known.untilMs > nowMs()) {
        known.failures += 1;
        return;
      }
      clients.delete(key);
      if (clients.size >= CLIENTS_MAX) clients.delete(clients.keys().next().value!);
      clients.set(key, { failures: 1, untilMs: nowMs() + ATTEMPT_WINDOW_MS });
    },
    succeeded(address) {
      clients.delete(clientOf(address));
    },
  };
}

/** Whoever a trusted proxy names by something else than an address. */
export const NOT_AN_ADDRESS = 'unknown';

/** Who a client is taken for, by its address. */
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
