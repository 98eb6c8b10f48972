import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isLoopback } from '../../config/listen-address.ts';
import { clientOf } from './attempt-limit.ts';

/** Maximum number of connections. One more replaces another (see Connections.admit). */
export const CONNECTIONS_MAX = 500;
/** Maximum number of connections of one client: an IPv4 address, or an IPv6 network of 64 bits. */
export const CLIENT_CONNECTIONS_MAX = 250;
/** Further connections when all CONNECTIONS_MAX are busy: for requests about the health of the process; the first half is for this machine. */
export const RESERVED_MAX = 20;
/** Further connections of a client whose own ones are all busy, for the same requests. */
export const CLIENT_RESERVED_MAX = 4;
/** Up to this number, loopback connections are never closed to make room for another machine. */
const LOOPBACK_KEPT = 20;
/** A client that does not read a finished answer for this time, milliseconds, may lose its connection. */
const UNTAKEN_MS = 2_000;
/**
 * While this number of requests of one connection wait behind the one that is handled (RFC 9112 §9.3.2), nothing more is read
 * from it.
 */
export const PIPELINED_MAX = 16;
/** Time for which a client that ended its side of the connection is answered at least, milliseconds. */
const HALF_CLOSED_MS = 15_000;
/** Paths of requests about the health of the process. */
export const HEALTH_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);

/** The times of requests that may take longer to come than others, milliseconds. */
const allowed = new WeakMap<IncomingMessage, number>();

/** Lets a request take as long as this to come, milliseconds. */
export function allowTime(request: IncomingMessage, timeoutMs: number): void {
  allowed.set(request, timeoutMs);
}

/** Returns the time that a request may take to come, where it was given one. */
export function allowedTime(request: IncomingMessage): number | undefined {
  return allowed.get(request);
}

/** A request whose answer is not complete yet. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** One connection, from its acceptance on. Times are of the clock that Connections was made with. */
export interface Connection {
  /** The TCP socket, and the one that carries HTTP: with TLS another one. */
  readonly socket: Socket;
  spoken: Socket;
  readonly client: string;
  /** From this machine. */
  readonly isLocal: boolean;
  /** It is one of those over a limit and ends after its first answer: to any request, or only to HEALTH_PATHS. */
  readonly reserved: 'no' | 'any' | 'health';
  /** In the order in which they came. The first one is handled, the others wait. */
  readonly exchanges: Set<Exchange>;
  /** Begins to handle the requests that wait, in their order. */
  readonly waiting: (() => void)[];
  /** Nothing is read, since PIPELINED_MAX requests wait. */
  isHeld: boolean;
  /** Since when it has been in its present state: open, receiving, being answered, idle. */
  sinceMs: number;
  /** True after its first answer. */
  wasUsed: boolean;
  /** Octets received when it became idle. */
  idleOctets: number;
  /** Why no further requests are accepted from it. The client gets this error after the answers to its earlier requests. */
  failure?: Error & { code?: string };
  /** True when the client was sent the error. */
  hasFailed: boolean;
}

/** The connections of one server. */
export interface Connections {
  readonly all: ReadonlySet<Connection>;
  /**
   * Accepts a connection, unless there is no room for it. At a limit, of its client or of all, it replaces another: an idle one, or
   * else one whose client is slow to send a request or to read an answer; of the client with the most connections first, then the
   * oldest. A request in progress is never cut off.
   */
  admit(socket: Socket): Connection | undefined;
}

/** How many connections there may be. */
export interface ConnectionLimits {
  readonly connectionsMax: number;
  readonly perClientMax: number;
}
/** The limits of every server. */
export const LIMITS: ConnectionLimits = {
  connectionsMax: CONNECTIONS_MAX,
  perClientMax: CLIENT_CONNECTIONS_MAX,
};

/** Creates an empty set of connections with limits. `monotonicMs` must not jump. */
export function createConnections(monotonicMs: () => number, limits: ConnectionLimits): Connections {
  const { connectionsMax, perClientMax } = limits;
  const all = new Set<Connection>();
  const counts = new Map<string, number>();

  function leave(connection: Connection): void {
    if (!all.delete(connection)) return;
    const left = counts.get(connection.client)! - 1;
    if (left === 0) counts.delete(connection.client);
    else counts.set(connection.client, left);
  }

  /** Closes the least useful of these connections; returns false when none may be closed. */
  function displace(among: Iterable<Connection>): boolean {
    const at = monotonicMs();
    let best: { connection: Connection; order: readonly number[] } | undefined;
    for (const connection of among) {
      const rank = sparedRank(connection, at);
      if (rank === undefined) continue;
      const order = [rank, -counts.get(connection.client)!, connection.sinceMs];
      if (best === undefined || isBefore(order, best.order)) best = { connection, order };
    }
    if (best === undefined) return false;
    leave(best.connection);
    best.connection.socket.destroy();
    return true;
  }

  function mayBeSpared(isLocal: boolean): Iterable<Connection> {
    if (isLocal) return all;
    const local = [...all].filter((each) => each.isLocal);
    return local.length > LOOPBACK_KEPT ? all : [...all].filter((each) => !each.isLocal);
  }

  return {
    all,
    admit(socket) {
      const address = socket.remoteAddress;
      // The client has closed the connection already.
      if (address === undefined) return undefined;
      const client = clientOf(address);
      const isLocal = isLoopback(address.replace(/^::ffff:(?=[0-9.]+$)/i, ''));
      let reserved: Connection['reserved'] = 'no';
      if ((counts.get(client) ?? 0) >= perClientMax) {
        const own = [...all].filter((each) => each.client === client);
        if (!displace(own)) {
          if (own.length >= perClientMax + CLIENT_RESERVED_MAX) return undefined;
          reserved = 'health';
        }
      }
      if (all.size >= connectionsMax && !displace(mayBeSpared(isLocal))) {
        if (all.size >= connectionsMax + RESERVED_MAX) return undefined;
        const isAny = reserved === 'no' && isLocal && all.size < connectionsMax + RESERVED_MAX / 2;
        reserved = isAny ? 'any' : 'health';
      }
      const connection: Connection = {
        socket,
        spoken: socket,
        client,
        isLocal,
        reserved,
        exchanges: new Set(),
        waiting: [],
        isHeld: false,
        sinceMs: monotonicMs(),
        wasUsed: false,
        idleOctets: 0,
        hasFailed: false,
      };
      all.add(connection);
      counts.set(client, (counts.get(client) ?? 0) + 1);
      socket.once('close', () => leave(connection));
      return connection;
    },
  };
}

/** Whether a whole request is being handled whose answer has not begun. Such a connection is never closed: the change that it asks for is made. */
export function isAwaitingAnswer({ exchanges }: Connection): boolean {
  return [...exchanges].some(({ request, response }) => request.complete && !response.headersSent);
}

/** Closes a connection whose client ended its side HALF_CLOSED_MS ago, once no request on it waits for its answer. */
export function cutHalfClosed(connection: Connection): void {
  const { spoken } = connection;
  const cutting = setInterval(() => {
    if (!isAwaitingAnswer(connection)) spoken.destroy();
  }, HALF_CLOSED_MS).unref();
  spoken.once('close', () => clearInterval(cutting));
}

/** Ranks a connection for closing, the lower the earlier; undefined: never, since it is being answered. */
function sparedRank(connection: Connection, monotonicMs: number): number | undefined {
  const { exchanges, wasUsed, idleOctets, spoken, sinceMs } = connection;
  if (connection.hasFailed) return 0;
  if (exchanges.size === 0) return wasUsed && spoken.bytesRead === idleOctets ? 1 : 2;
  for (const { request, response } of exchanges) {
    const isUntaken = response.writableEnded && monotonicMs - sinceMs >= UNTAKEN_MS;
    if (request.complete && !isUntaken) return undefined;
  }
  return 3;
}

/** Compares two lists of numbers of the same length: by the first that differ. */
function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at !== -1 && a[at]! < b[at]!;
}
