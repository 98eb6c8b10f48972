import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** A client of DNS over a stream. */
export interface StreamClient {
  readonly socket: Socket;
  /** Sends messages, each with its length before it, in one piece. */
  send(...messages: Uint8Array[]): void;
  /** The next message that comes; rejects when the connection ends before it. */
  next(): Promise<Buffer>;
  ask(message: Uint8Array): Promise<Buffer>;
  /** Resolves when the connection is closed, to the error's code if there was one. */
  readonly closed: Promise<string | undefined>;
}

const open: Socket[] = [];

/** Ends all connections of a test. */
export function disconnectAll(): void {
  for (const socket of open.splice(0)) socket.destroy();
}

/** Connects, from another address of this machine where one is given. */
export async function connectTo(
  { address, port }: { readonly address: string; readonly port: number },
  options: Partial<NetConnectOpts> & { localAddress?: string } = {},
): Promise<StreamClient> {
  const socket = connect({ host: address, port, ...options });
  const client = clientOver(socket);
  await once(socket, 'connect');
  return client;
}

/** A client over a socket, which is destroyed at the end of the test. */
export function clientOver(socket: Socket): StreamClient {
  open.push(socket);
  let code: string | undefined;
  const closing = Promise.withResolvers<string | undefined>();
  let unread: Buffer = Buffer.alloc(0);
  const arrived: Buffer[] = [];
  const waiting: PromiseWithResolvers<Buffer>[] = [];
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? error.message;
  });
  socket.on('close', () => {
    closing.resolve(code);
    for (const { reject } of waiting.splice(0)) reject(new Error(`the connection is closed: ${code}`));
  });
  socket.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    let at = 0;
    while (at + 2 <= unread.length && at + 2 + unread.readUInt16BE(at) <= unread.length) {
      const message = unread.subarray(at + 2, (at += 2 + unread.readUInt16BE(at)));
      const next = waiting.shift();
      if (next) next.resolve(message);
      else arrived.push(message);
    }
    unread = unread.subarray(at);
  });
  const client: StreamClient = {
    socket,
    send: (...messages) => socket.write(framed(...messages)),
    next() {
      const message = arrived.shift();
      if (message) return Promise.resolve(message);
      if (socket.closed) return Promise.reject(new Error(`the connection is closed: ${code}`));
      const next = Promise.withResolvers<Buffer>();
      waiting.push(next);
      return next.promise;
    },
    ask(message) {
      client.send(message);
      return client.next();
    },
    closed: closing.promise,
  };
  return client;
}

/** Messages as a stream carries them (RFC 1035 §4.2.2). */
export function framed(...messages: Uint8Array[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => [Buffer.from([message.length >> 8, message.length & 0xff]), message]),
  );
}
