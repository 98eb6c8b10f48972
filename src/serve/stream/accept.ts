import { createServer, type Server, type Socket } from 'node:net';
import { matches } from '../../answer/rate-limit.ts';
import type { ListenAddress } from '../../config/config.ts';
import type { Prefix } from '../../config/prefix.ts';
import { isAt } from '../listen/is-at.ts';
import { addressOctets } from '../listen/peer.ts';
import type { Successor } from '../successor/successor.ts';
import type { ConnectionLimits, Place } from './connection-limits.ts';
import { createDeadline } from './deadline.ts';
import { type ProxyHeader, parseProxyHeader } from './proxy-protocol.ts';

/**
 * A connection of a server that was replaced goes on for this time at most, milliseconds, where the successor answers what comes on it.
 * Then it drains. Until then it is closed as every connection is: by its client, or when it was idle for long enough.
 */
export const SUCCEEDED_MAX_MS = 300_000;
/**
 * A connection that drains is closed once nothing came on it for this time, milliseconds. A client that has a query on its way to a
 * server which closes the connection must send it again (RFC 7766 §6.2.4), so a moment of silence is waited for.
 */
export const DRAIN_IDLE_MS = 200;
/** A connection without such a moment is closed after this time, milliseconds, once what it asked so far is answered. */
export const DRAIN_BUSY_MS = 3_000;
/** Draining takes no longer than this, milliseconds. */
export const DRAIN_MAX_MS = 5_000;

/** A listening socket of another server: its file descriptor, and where it listens. */
export interface InheritedListener extends ListenAddress {
  readonly fd: number;
}

/** A connection that may be served. */
export interface Connection {
  readonly socket: Socket;
  /** The client's address, 4 or 16 octets: the socket's, or what a proxy said. */
  readonly client: Uint8Array;
  readonly place: Place;
  /** The server that answers what comes on the connection from now on; undefined: this one. */
  successor: Successor | undefined;
  /** true: the connection drains. */
  isDraining: boolean;
  /** Closes the connection as soon as its client is not in the middle of something. Its owner replaces this function; until then, it is in a handshake. */
  drain: () => void;
}

/** What startAccepting needs. */
export interface AcceptOptions {
  readonly listen: ListenAddress;
  /** Sockets that listen already. The one at `listen`, where there is one, is used. */
  readonly inherited?: readonly InheritedListener[];
  readonly limits: ConnectionLimits;
  /** Clients that must begin with a PROXY protocol header. No others may. */
  readonly proxies: readonly Prefix[];
  /** Connections without a header come from a proxy on this machine. They do not count for the limit of one client. */
  readonly isShared?: boolean;
  /** How long a proxy may take for its header. */
  readonly transferTimeoutMs: number;
  /** Takes over the socket. It is paused, and it stays open for writing when the client closes its side. */
  serve(connection: Connection): void;
  /** Called when a connection of a proxy is closed because of its first octets. */
  misproxied(from: string, rule: string): void;
}

/** The server that has replaced this one. */
export interface Handover {
  readonly successor: Successor;
  /** Resolves when the successor is gone. */
  readonly gone: Promise<void>;
}

/** A listener at one address. */
export interface StreamListener extends ListenAddress {
  /** Stops listening, and closes each connection as soon as that is gentle; with a successor, SUCCEEDED_MAX_MS later, or once that is gone. Resolves when there is none. */
  drain(handover?: Handover): Promise<void>;
  /** Stops listening and closes every connection. */
  stop(): Promise<void>;
}

/** Accepts TCP connections within the limits, and finds out their clients. Rejects when the address cannot be bound. */
export async function startAccepting(given: AcceptOptions): Promise<StreamListener> {
  const sockets = new Set<Socket>();
  const connections = new Set<Connection>();
  let successor: Successor | undefined;
  let isDraining = false;
  let closing: NodeJS.Timeout | undefined;
  const begin = (connection: Connection) => {
    connection.isDraining = true;
    connection.drain();
  };
  const drainAll = () => {
    if (isDraining) return;
    isDraining = true;
    for (const connection of connections) begin(connection);
    closing = setTimeout(() => {
      for (const { place } of connections) place.close();
    }, DRAIN_BUSY_MS);
  };
  const options: AcceptOptions = {
    ...given,
    serve(connection) {
      connections.add(connection);
      connection.successor = successor;
      connection.socket.once('close', () => connections.delete(connection));
      given.serve(connection);
      if (isDraining) begin(connection);
    },
  };
  const server = createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    accept(socket, options);
  });
  const port = await listen(server, options.listen, options.inherited);
  return {
    address: options.listen.address,
    port,
    drain(handover) {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      successor = handover?.successor;
      for (const connection of connections) connection.successor = successor;
      if (handover === undefined) drainAll();
      else void handover.gone.then(drainAll);
      const late = setTimeout(drainAll, SUCCEEDED_MAX_MS);
      return promise.finally(() => {
        clearTimeout(late);
        clearTimeout(closing);
      });
    },
    stop() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
      return promise;
    },
  };
}

/** Makes a server listen; resolves to its port. Rejects when the address cannot be bound. */
export function listen(
  server: Server,
  { address, port }: ListenAddress,
  inherited: readonly InheritedListener[] = [],
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  const own = inherited.find((each) => isAt(each, { address, port }));
  server.listen(own ? { fd: own.fd } : { host: address, port, ipv6Only: true }, () => {
    server.off('error', reject);
    // An error such as EMFILE on accept loses the connection. The listener stays.
    server.on('error', () => undefined);
    resolve((server.address() as ListenAddress).port);
  });
  return promise;
}

function accept(
  socket: Socket,
  { limits, proxies, isShared = false, transferTimeoutMs, serve, misproxied }: AcceptOptions,
): void {
  socket.on('error', () => socket.destroy());
  const place = limits.admit(() => socket.destroy());
  const { remoteAddress } = socket;
  // A socket without an address is closed already.
  if (place === undefined || remoteAddress === undefined) {
    place?.leave();
    socket.destroy();
    return;
  }
  socket.once('close', () => place.leave());
  const serveAs = (client: Uint8Array, isClaimed = true) => {
    if (place.claim(isClaimed ? client : undefined))
      serve({ socket, client, place, successor: undefined, isDraining: false, drain: () => undefined });
    else socket.destroy();
  };
  const peer = addressOctets(remoteAddress);
  if (!proxies.some((prefix) => prefix.octets.length === peer.length && matches(prefix, peer, 0))) {
    serveAs(peer, !isShared);
    return;
  }
  readProxyHeader(socket, transferTimeoutMs, (header) => {
    if (header.kind === 'client') serveAs(header.client);
    else if (header.kind === 'unnamed') serveAs(peer, !isShared);
    else {
      misproxied(remoteAddress, header.kind === 'broken' ? header.rule : 'no whole header in time');
      socket.destroy();
    }
  });
}

/** Reads the header, and pauses the socket behind it. */
function readProxyHeader(socket: Socket, timeoutMs: number, done: (header: ProxyHeader) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const finish = (header: ProxyHeader) => {
    deadline.stop();
    socket.off('data', read).off('end', ended);
    socket.pause();
    if ('octets' in header && header.octets < seen.length) socket.unshift(seen.subarray(header.octets));
    done(header);
  };
  const deadline = createDeadline(timeoutMs, () => finish({ kind: 'unfinished' }));
  const read = (chunk: Buffer) => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const header = parseProxyHeader(seen);
    if (header.kind !== 'unfinished') finish(header);
  };
  const ended = () => finish({ kind: 'broken', rule: 'no whole header' });
  socket.once('close', () => deadline.stop());
  socket.on('data', read).once('end', ended);
  socket.resume();
  deadline.start();
}
