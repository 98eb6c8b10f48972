import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { startDoh } from '../../../src/serve/doh/doh.ts';
import type { StreamListener } from '../../../src/serve/stream/accept.ts';
import { startTcp } from '../../../src/serve/stream/tcp.ts';
import { startDot } from '../../../src/serve/tls/dot.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { askHttp1 } from '../encrypted/doh-client.ts';
import { clientOver, connectTo, disconnectAll } from '../encrypted/stream-client.ts';
import { streamOptions } from '../listen/listening.ts';

const certificates = makeCertificates();
const certificate = { cert: Buffer.from(certificates.good.cert), key: Buffer.from(certificates.good.key) };
const PER_SOURCE = 20;
const SOURCES = 10;
const QUERIES = 20;

/** Connections of one test; when it is over none is renewed. */
interface Attack {
  isOver: boolean;
  readonly sockets: Set<Socket>;
}
let attack: Attack = { isOver: true, sockets: new Set() };
let listener: StreamListener | undefined;
afterEach(async () => {
  attack.isOver = true;
  for (const socket of attack.sockets) socket.destroy();
  disconnectAll();
  await listener?.stop();
});

/** Holds a connection with half of something, and renews it as soon as it is closed. */
function hold(by: Attack, port: number, source: number, half: Uint8Array): void {
  if (by.isOver) return;
  const socket = connectTcp({ host: '127.0.0.1', port, localAddress: `127.0.1.${source}` });
  by.sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('connect', () => socket.write(half));
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    by.sockets.delete(socket);
    hold(by, port, source, half);
  });
}

const query = queryPacket({ name: 'www.example.org', id: 1 });

const KINDS = [
  {
    of: 'DNS over TCP: half a message',
    start: startTcp,
    half: Uint8Array.of(0, 40, 1, 2, 3),
    ask: async ({ port }: StreamListener) =>
      (await (await connectTo({ address: '127.0.0.1', port })).ask(query)).readUInt16BE(0) === 1,
  },
  {
    of: 'DNS over TLS: half a handshake',
    start: (options: ReturnType<typeof streamOptions>) => startDot({ ...options, certificate }),
    half: Uint8Array.of(0x16, 3, 1, 2, 0, 1),
    async ask({ port }: StreamListener) {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ca: certificates.authority,
        servername: 'www.example.org',
      });
      const client = clientOver(socket);
      await once(socket, 'secureConnect');
      return (await client.ask(query)).readUInt16BE(0) === 1;
    },
  },
  {
    of: 'DNS over HTTPS: half a handshake',
    start: (options: ReturnType<typeof streamOptions>) =>
      startDoh({ ...options, path: '/dns-query', certificate }),
    half: Uint8Array.of(0x16, 3, 1, 2, 0, 1),
    ask: async ({ port }: StreamListener) =>
      (
        await askHttp1(
          { address: '127.0.0.1', port, ca: certificates.authority },
          { path: `/dns-query?dns=${Buffer.from(query).toString('base64url')}` },
        )
      ).status === 200,
  },
];

test.each(KINDS)(
  '$of: a few sources that take all places deny no other client',
  async ({ start, half, ask }) => {
    attack = { isOver: false, sockets: new Set() };
    const options = streamOptions(
      {},
      { connectionsMax: SOURCES * PER_SOURCE, connectionsPerClientMax: PER_SOURCE },
    );
    const server = await start(options);
    listener = server;
    for (let source = 1; source <= SOURCES; source += 1)
      for (let i = 0; i < PER_SOURCE; i += 1) hold(attack, server.port, source, half);
    while (options.limits.open < SOURCES * PER_SOURCE) await new Promise((resolve) => setTimeout(resolve, 5));
    let answered = 0;
    for (let i = 0; i < QUERIES; i += 1) if (await ask(server).catch(() => false)) answered += 1;
    expect(answered).toBe(QUERIES);
  },
);
