import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TableWriter } from '../../../src/answer/table.ts';
import type { ListenAddress } from '../../../src/config/config.ts';
import type { UdpEngine } from '../../../src/serve/udp/engine.ts';
import { answerWith, queryWith, tableAnswering } from './answers.ts';
import { canSendRaw, sendFromPort } from './raw-datagram.ts';

export type StartEngine = (listen: readonly ListenAddress[], table: TableWriter) => Promise<UdpEngine>;

/** Longest wait for an answer. */
const SILENCE_MS = 10_000;

const open: { stop(): unknown }[] = [];

export interface Client {
  send(packet: Uint8Array, to: ListenAddress): void;
  /** The next packet that comes; rejects after SILENCE_MS, which is long, as threads start slowly on a busy machine. */
  next(): Promise<{ readonly packet: Buffer; readonly from: RemoteInfo }>;
}

/** A UDP socket of the test's. */
export async function openClient(family: 'udp4' | 'udp6' = 'udp4'): Promise<Client> {
  const socket = createSocket(family);
  socket.bind(0, family === 'udp4' ? '127.0.0.1' : '::1');
  await once(socket, 'listening');
  open.push({ stop: () => socket.close() });
  const seen: { packet: Buffer; from: RemoteInfo }[] = [];
  const waiting: ((arrived: { packet: Buffer; from: RemoteInfo }) => void)[] = [];
  socket.on('message', (packet, from) => {
    const next = waiting.shift();
    if (next) next({ packet, from });
    else seen.push({ packet, from });
  });
  return {
    send: (packet, to) => socket.send(packet, to.port, to.address),
    next() {
      const { promise, resolve, reject } = Promise.withResolvers<{ packet: Buffer; from: RemoteInfo }>();
      const arrived = seen.shift();
      if (arrived) resolve(arrived);
      else waiting.push(resolve);
      const timer = setTimeout(() => reject(new Error('no answer')), SILENCE_MS);
      return promise.finally(() => clearTimeout(timer));
    },
  };
}

/** The last octet of the address in an answer. */
export const addressIn = (packet: Buffer) => packet.at(-1);

/** What every engine must do. */
export function describeUdpEngine(name: string, start: StartEngine): void {
  describe(name, () => {
    let table: TableWriter;
    const startHere = async (...listen: ListenAddress[]) => {
      const engine = await start(listen, table);
      open.push(engine);
      return engine;
    };
    beforeEach(() => {
      table = tableAnswering(1);
    });
    afterEach(async () => {
      for (const each of open.splice(0).reverse()) await each.stop();
    });

    test.each([
      { address: '127.0.0.1', family: 'udp4' },
      { address: '::1', family: 'udp6' },
    ] as const)('answers at $address', async ({ address, family }) => {
      const { addresses } = await startHere({ address, port: 0 });
      const client = await openClient(family);
      client.send(queryWith(7), addresses[0]!);
      const { packet, from } = await client.next();
      expect(packet.readUInt16BE(0)).toBe(7);
      expect(addressIn(packet)).toBe(1);
      expect(from).toMatchObject({ address, port: addresses[0]!.port });
    });

    test('answers a burst, each query once and under its own ID', async () => {
      const { addresses } = await startHere({ address: '127.0.0.1', port: 0 });
      const client = await openClient();
      const ids = Array.from({ length: 128 }, (_, i) => i);
      for (const id of ids) client.send(queryWith(id), addresses[0]!);
      const seen: number[] = [];
      for (const _ of ids) seen.push((await client.next()).packet.readUInt16BE(0));
      expect(seen.sort((a, b) => a - b)).toEqual(ids);
    });

    test.skipIf(!canSendRaw)('continues after a query from port 0, which no answer can reach', async () => {
      const { addresses } = await startHere({ address: '127.0.0.1', port: 0 });
      sendFromPort(0, queryWith(6), addresses[0]!);
      const client = await openClient();
      client.send(queryWith(7), addresses[0]!);
      expect((await client.next()).packet.readUInt16BE(0)).toBe(7);
    });

    // Six: more than the threads of a worker, so that some wait for two.
    test('answers on all its addresses', async () => {
      const v4 = [1, 2, 3, 4, 5].map((last) => ({ address: `127.0.0.${last}`, port: 0 }));
      const { addresses } = await startHere(...v4, { address: '::1', port: 0 });
      for (const [i, { address }] of addresses.entries()) {
        const client = await openClient(address === '::1' ? 'udp6' : 'udp4');
        client.send(queryWith(i), addresses[i]!);
        const { packet, from } = await client.next();
        expect(packet.readUInt16BE(0)).toBe(i);
        expect(from).toMatchObject(addresses[i]!);
      }
    });

    test.each([
      { bind: '0.0.0.0', ask: ['127.0.0.1', '127.0.0.77'], family: 'udp4' },
      { bind: '::', ask: ['::1'], family: 'udp6' },
    ] as const)(
      'bound to $bind, it answers from the address that was asked (RFC 2181 §4.1)',
      async ({ bind, ask, family }) => {
        const { addresses } = await startHere({ address: bind, port: 0 });
        expect(addresses[0]!.address).toBe(bind);
        const client = await openClient(family);
        for (const address of ask) {
          client.send(queryWith(3), { address, port: addresses[0]!.port });
          expect((await client.next()).from).toMatchObject({ address, port: addresses[0]!.port });
        }
      },
    );

    test('ignores packets that must not be answered, and answers the next query', async () => {
      const { addresses } = await startHere({ address: '127.0.0.1', port: 0 });
      const client = await openClient();
      const response = queryWith(1);
      response[2]! |= 0x80;
      for (const packet of [response, Buffer.alloc(0), Buffer.alloc(11), Buffer.alloc(60_000, 0xff)])
        client.send(packet, addresses[0]!);
      client.send(queryWith(2), addresses[0]!);
      expect((await client.next()).packet.readUInt16BE(0)).toBe(2);
    });

    test('answers from the newest publication, also in new buffers', async () => {
      let engine: UdpEngine | undefined;
      const arenas = new Set<SharedArrayBuffer>();
      table = tableAnswering(1, {
        replaced(buffers) {
          arenas.add(buffers.arena);
          engine?.adopt(buffers);
        },
        hasAdopted: () => engine?.hasAdopted() ?? false,
      });
      engine = await startHere({ address: '127.0.0.1', port: 0 });
      const client = await openClient();
      for (let generation = 2; generation < 60; generation += 1) {
        // Many times what the arena holds, so that it is replaced again and again.
        for (let i = 0; i < 2_000; i += 1) answerWith(table, i % 250);
        answerWith(table, generation);
        table.publish(generation);
        client.send(queryWith(generation), engine.addresses[0]!);
        expect(addressIn((await client.next()).packet)).toBe(generation);
        // Whichever thread answered: all of them look up before long.
        await vi.waitUntil(() => engine!.hasAdopted());
      }
      // The memory that all have left is used again.
      expect(arenas.size).toBeLessThan(5);
    });

    test('an address that is taken is refused with its error, and no socket stays open', async () => {
      const taken = createSocket('udp4');
      taken.bind(0, '127.0.0.1');
      await once(taken, 'listening');
      open.push({ stop: () => taken.close() });
      const { port } = taken.address();
      const free = await startHere({ address: '127.0.0.3', port: 0 });
      await free.stop();
      open.splice(open.indexOf(free), 1);
      await expect(
        (async () =>
          start(
            [
              { address: '127.0.0.3', port: free.addresses[0]!.port },
              { address: '127.0.0.1', port },
            ],
            table,
          ))(),
      ).rejects.toMatchObject({ code: 'EADDRINUSE' });
      await startHere({ address: '127.0.0.3', port: free.addresses[0]!.port });
    });

    test.each([
      { type: 'udp4', has: '127.0.0.1', wants: '127.0.0.1' },
      { type: 'udp4', has: '0.0.0.0', wants: '127.0.0.1' },
      { type: 'udp4', has: '127.0.0.1', wants: '0.0.0.0' },
      { type: 'udp6', has: '::', wants: '127.0.0.1' },
      { type: 'udp6', has: '::1', wants: '::' },
      { type: 'udp6', has: '::', wants: '::1' },
    ] as const)(
      'a socket with SO_REUSEPORT at $has does not share its address with the engine at $wants',
      async ({ type, has, wants }) => {
        const other = createSocket({ type, reusePort: true });
        other.bind(0, has);
        await once(other, 'listening');
        open.push({ stop: () => other.close() });
        const { port } = other.address();
        await expect((async () => start([{ address: wants, port }], table))()).rejects.toMatchObject({
          code: 'EADDRINUSE',
          syscall: 'bind',
          address: wants,
          port,
        });
      },
    );

    test('stops, and its port is free at once', async () => {
      const first = await start([{ address: '127.0.0.1', port: 0 }], table);
      await first.stop();
      const again = await startHere(first.addresses[0]!);
      const client = await openClient();
      client.send(queryWith(1), again.addresses[0]!);
      expect(addressIn((await client.next()).packet)).toBe(1);
    });
  });
}
