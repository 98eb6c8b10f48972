import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isLoopback } from '../../config/listen-address.ts';
import { clientOf } from './attempt-limit.ts';

/** Connections at a time. One more takes the place of another (see Connections.admit). */
export const CONNECTIONS_MAX = 500;
/** Of these, of one client: an IPv4 address, or an IPv6 network of 64 bits. */
export const CLIENT_CONNECTIONS_MAX = 250;
/** Over CONNECTIONS_MAX, where all are busy: for whoever asks how the process is, and the first half of them for this machine. */
export const RESERVED_MAX = 20;
/** Loopback connections up to so many are never closed to make room for another machine's. */
const LOOPBACK_KEPT = 20;
/** A client that does not take a finished answer for so long may lose its place. */
const UNTAKEN_MS = 2_000;
/** Questions about the health of the process. */
export const HEALTH_PATHS: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);

/** A request that is not answered to its end yet. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** One connection, from its acceptance on. Times are of the clock that Connections was made with. */
export interface Connection {
  /** What ends it, and what HTTP is spoken over: the same but with TLS. */
  readonly socket: Socket;
  spoken: Socket;
  readonly client: string;
  /** From this machine. */
  readonly isLocal: boolean;
  /** It has one of the places over CONNECTIONS_MAX, until its first answer: for any question, or for those of HEALTH_PATHS. */
  readonly reserved: 'no' | 'any' | 'health';
  /** In the order in which they came. */
  readonly exchanges: Set<Exchange>;
  /** Since when it has been in its present state: open, receiving, being answered, idle. */
  sinceMs: number;
  /** Whether it has been answered something. */
  wasUsed: boolean;
  /** Octets received when it became idle. */
  idleOctets: number;
  /** Why no more is taken from it, once nothing is; the reason is answered when what came before is. */
  failure?: Error & { code?: string };
  /** Whether that has been said. */
  hasFailed: boolean;
}

/** The connections of one server. */
export interface Connections {
  readonly all: ReadonlySet<Connection>;
  /**
   * Takes a connection in, unless there is no place for it. At a limit, of its client or of all, the place of another is
   * taken: of an idle one, or else of one whose client is slow to ask, to send or to take; of the client with the most
   * connections first, and then the oldest. A request that is being met is never cut off.
   */
  admit(socket: Socket): Connection | undefined;
}

/** How many connections there may be. */
export interface ConnectionLimits {
  readonly connectionsMax: number;
  readonly perClientMax: number;
}
/** What holds for every server. */
export const LIMITS: ConnectionLimits = {
  connectionsMax: CONNECTIONS_MAX,
  perClientMax: CLIENT_CONNECTIONS_MAX,
};

/** Holds connections under limits. `nowMs` must not jump. */
export function createConnections(nowMs: () => number, limits: ConnectionLimits): Connections {
  const { connectionsMax, perClientMax } = limits;
  const all = new Set<Connection>();
  const counts = new Map<string, number>();

  function leave(connection: Connection): void {
    if (!all.delete(connection)) return;
    const left = counts.get(connection.client)! - 1;
    if (left === 0) counts.delete(connection.client);
    else counts.set(connection.client, left);
  }

  /** Closes the connection that can be spared best among these; false: none can. */
  function displace(among: Iterable<Connection>): boolean {
    const at = nowMs();
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
      // Whoever has hung up already.
      if (address === undefined) return undefined;
      const client = clientOf(address);
      const isLocal = isLoopback(address.replace(/^::ffff:(?=[0-9.]+$)/i, ''));
      if ((counts.get(client) ?? 0) >= perClientMax) {
        const own = [...all].filter((each) => each.client === client);
        if (!displace(own)) return undefined;
      }
      let reserved: Connection['reserved'] = 'no';
      if (all.size >= connectionsMax && !displace(mayBeSpared(isLocal))) {
        if (all.size >= connectionsMax + RESERVED_MAX) return undefined;
        reserved = isLocal && all.size < connectionsMax + RESERVED_MAX / 2 ? 'any' : 'health';
      }
      const connection: Connection = {
        socket,
        spoken: socket,
        client,
        isLocal,
        reserved,
        exchanges: new Set(),
        sinceMs: nowMs(),
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

/** How well a connection can be spared, the lower the better; undefined: it cannot, since it is being answered. */
function sparedRank(connection: Connection, nowMs: number): number | undefined {
  const { exchanges, wasUsed, idleOctets, spoken, sinceMs } = connection;
  if (connection.hasFailed) return 0;
  if (exchanges.size === 0) return wasUsed && spoken.bytesRead === idleOctets ? 1 : 2;
  for (const { request, response } of exchanges) {
    const isUntaken = response.writableEnded && nowMs - sinceMs >= UNTAKEN_MS;
    if (request.complete && !isUntaken) return undefined;
  }
  return 3;
}

/** Whether numbers of the same count come first: by the first of them that differ. */
function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at !== -1 && a[at]! < b[at]!;
}
