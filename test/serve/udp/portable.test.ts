import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { newCounters } from '../../../src/answer/counters.ts';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createResponder } from '../../../src/answer/respond.ts';
import {
  type PortableUdp,
  type PortableUdpOptions,
  startPortableUdp,
} from '../../../src/serve/udp/portable.ts';
import { newMisproxiedNote } from '../../../src/serve/udp/proxied.ts';
import { LOCAL_ADDRESSES_MAX } from '../../../src/serve/udp/socket/address-sockets.ts';
import { localAddresses } from '../../../src/serve/udp/socket/local-addresses.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
import { queryWith, tableAnswering } from './answers.ts';
import { describeUdpEngine, openClient } from './contract.ts';

const unbound = vi.fn();
const answersFrom = (reader: ReturnType<typeof openTable>) => {
  const counters = newCounters();
  return { counters, responder: createResponder({ table: reader, settings: PLAIN, seed: 1, counters }) };
};

describeUdpEngine('the portable engine', async (listen, table) => {
  const reader = openTable(table.buffers);
  const { counters, responder } = answersFrom(reader);
  const engine = await startPortableUdp({
    listen,
    counters,
    responder,
    unbound,
    // Linux has all of 127.0.0.0/8 and lists one of it.
    addresses: (family) => (family === 'IPv4' ? ['127.0.0.1', '127.0.0.77'] : ['::1']),
  });
  return {
    ...engine,
    name: 'portable',
    counters: [counters],
    misproxied: newMisproxiedNote(),
    deaths: 0,
    adopt: (buffers) => adopt(reader, buffers),
    // The thread of the engine does it.
    useSettings: () => undefined,
    hasAdopted: () => true,
  };
});

describe('a wildcard address', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    unbound.mockReset();
  });
  const startAt = async (addresses: PortableUdpOptions['addresses'], port = 0): Promise<PortableUdp> => {
    const listen = [{ address: '0.0.0.0', port }];
    const engine = await startPortableUdp({
      listen,
      ...answersFrom(openTable(tableAnswering(1).buffers)),
      unbound,
      lookEveryMs: 5,
      ...(addresses ? { addresses } : {}),
    });
    closing.push(() => engine.stop());
    return engine;
  };
  const isFree = async (address: string, port: number) => {
    const socket = createSocket('udp4');
    socket.bind(port, address);
    try {
      await once(socket, 'listening');
      return true;
    } catch {
      return false;
    } finally {
      socket.close();
    }
  };
  /** Asks at an address until it is answered, and returns from where. */
  const untilAnswered = async (address: string, port: number) => {
    const client = await openClient();
    const asking = setInterval(() => client.send(queryWith(5), { address, port }), 10);
    return (await client.next().finally(() => clearInterval(asking))).from.address;
  };

  test('stands for all addresses of the machine', async () => {
    const { addresses } = await startAt(undefined);
    const own = localAddresses('IPv4');
    expect(own).toContain('127.0.0.1');
    expect(own).toHaveLength(
      Object.values(networkInterfaces()).flatMap((all) => all!.filter(({ family }) => family === 'IPv4'))
        .length,
    );
    for (const address of own) expect(await isFree(address, addresses[0]!.port), address).toBe(false);
  });

  test('a new address of the machine is answered, and a removed address is not', async () => {
    let own = ['127.0.0.1', '127.0.0.2'];
    const engine = await startAt(() => own);
    const { port } = engine.addresses[0]!;
    own = ['127.0.0.1', '127.0.0.3'];
    expect(await untilAnswered('127.0.0.3', port)).toBe('127.0.0.3');
    expect(await isFree('127.0.0.2', port)).toBe(true);
  });

  test('an address that is not available yet is reported once, and bound later', async () => {
    let absent = '198.51.100.1';
    const engine = await startAt(() => ['127.0.0.1', absent]);
    expect(unbound.mock.calls).toMatchObject([['198.51.100.1', { code: 'EADDRNOTAVAIL' }]]);
    absent = '127.0.0.4';
    await untilAnswered('127.0.0.4', engine.addresses[0]!.port);
    expect(unbound).toHaveBeenCalledTimes(1);
  });

  test('continues when the addresses of the machine cannot be read', async () => {
    let looks = 0;
    const engine = await startAt(() => {
      looks += 1;
      if (looks === 2 || looks === 3)
        throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return looks === 1 ? ['127.0.0.1'] : ['127.0.0.1', '127.0.0.5'];
    });
    await untilAnswered('127.0.0.5', engine.addresses[0]!.port);
    expect(unbound.mock.calls).toMatchObject([[undefined, { code: 'EMFILE' }]]);
  });

  test('is refused if one of its addresses is taken, and no socket stays open', async () => {
    const { port } = (await startAt(() => ['127.0.0.2'])).addresses[0]!;
    await expect(startAt(() => ['127.0.0.1', '127.0.0.2'], port)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(await isFree('127.0.0.1', port)).toBe(true);
  });

  test.each([
    { addresses: LOCAL_ADDRESSES_MAX, left: [] },
    { addresses: LOCAL_ADDRESSES_MAX + 1, left: ['127.0.2.0'] },
  ])('of $addresses addresses all are answered except $left', async ({ addresses, left }) => {
    const own = Array.from({ length: addresses }, (_, i) => `127.0.${1 + (i >> 8)}.${i & 0xff}`);
    await startAt(() => own);
    expect(unbound.mock.calls.map(([address]) => address)).toEqual(left);
  });
});
