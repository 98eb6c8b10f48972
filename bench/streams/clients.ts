import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';

/** Where a server answers. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Connections, and queries that are out on each at a time. */
const CONNECTIONS = 4;
const WINDOW = 16;

/** Asks over TLS for `ms` milliseconds, with a window on each connection; resolves to the number of answers. */
export async function loadOverTls({ address, port }: Place, query: Uint8Array, ms: number): Promise<number> {
  const framed = Buffer.concat([Buffer.of(query.length >> 8, query.length & 0xff), query]);
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const socket = connectTls({ host: address, port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      return socket;
    }),
  );
  let answers = 0;
  let isOver = false;
  for (const socket of sockets) {
    let unread: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
      let at = 0;
      let came = 0;
      while (at + 2 <= unread.length && at + 2 + unread.readUInt16BE(at) <= unread.length) {
        at += 2 + unread.readUInt16BE(at);
        came += 1;
      }
      unread = unread.subarray(at);
      answers += came;
      if (came > 0 && !isOver) socket.write(repeated(framed, came));
    });
    socket.on('error', () => undefined);
    socket.write(repeated(framed, WINDOW));
  }
  await waitFor(ms);
  isOver = true;
  const total = answers;
  for (const socket of sockets) socket.destroy();
  return total;
}

/** As loadOverTls, over HTTPS by POST. */
export async function loadOverHttps(
  { address, port }: Place,
  query: Uint8Array,
  ms: number,
): Promise<number> {
  const sessions = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const session = connectHttp2(`https://${address}:${port}`, { rejectUnauthorized: false });
      session.on('error', () => undefined);
      await once(session, 'connect');
      return session;
    }),
  );
  let answers = 0;
  let isOver = false;
  const ask = (session: ClientHttp2Session) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/dns-query',
      'content-type': 'application/dns-message',
    });
    stream.on('error', () => undefined);
    stream.resume();
    stream.once('end', () => {
      answers += 1;
      if (!isOver) ask(session);
    });
    stream.end(query);
  };
  for (const session of sessions) for (let i = 0; i < WINDOW; i += 1) ask(session);
  await waitFor(ms);
  isOver = true;
  const total = answers;
  for (const session of sessions) session.destroy();
  return total;
}

function repeated(framed: Buffer, times: number): Buffer {
  return times === 1 ? framed : Buffer.concat(Array.from({ length: times }, () => framed));
}

function waitFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
