import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { afterEach, expect, test } from 'vitest';
import { newCounters } from '../../../../src/answer/counters.ts';
import { openTable } from '../../../../src/answer/reader.ts';
import { createResponder } from '../../../../src/answer/respond.ts';
import { boundSockets } from '../../../../src/serve/listen/taken.ts';
import { startBatchedUdp } from '../../../../src/serve/udp/batched.ts';
import { type PortableUdp, startPortableUdp } from '../../../../src/serve/udp/portable.ts';
import * as c from '../../../../src/serve/udp/socket/libc.ts';
import { PLAIN } from '../../../answer/respond/responder.ts';
import { tableAnswering } from '../answers.ts';

const engines: PortableUdp[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
});

const STARTS = {
  batched: async (address: string) =>
    startBatchedUdp({
      listen: [{ address, port: 0 }],
      table: tableAnswering(1).buffers,
      settings: PLAIN,
      workers: 2,
      died: () => undefined,
    }),
  portable(address: string) {
    const counters = newCounters();
    const table = openTable(tableAnswering(1).buffers);
    const responder = createResponder({ table, settings: PLAIN, seed: 1, counters });
    return startPortableUdp({
      listen: [{ address, port: 0 }],
      responder,
      counters,
      unbound: () => undefined,
      keepsDf: () => expect.unreachable('koffi is here'),
    });
  },
};

/** What the kernel has for an option of each of this process's UDP sockets at a port. */
function optionsOf(port: number, level: number, name: number): number[] {
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const getsockopt = koffi
    .load(null)
    .func('getsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uintptr_t']);
  const inodes = ['udp', 'udp6']
    .flatMap((table) => boundSockets(readFileSync(`/proc/self/net/${table}`, 'latin1'), 'UDP'))
    .flatMap((socket) => (socket.port === port ? [`socket:[${socket.inode}]`] : []));
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      if (!inodes.includes(readlinkSync(`/proc/self/fd/${fd}`))) return [];
    } catch {
      return [];
    }
    const [value, octets] = [Int32Array.of(-1), Int32Array.of(4)];
    getsockopt(Number(fd), level, name, c.addressOf(value.buffer), c.addressOf(octets.buffer));
    return [value[0]!];
  });
}

// RFC 9715 §3.1: a forged "packet too big" changes nothing, and by IPv4 no answer has the DF bit.
test.runIf(process.platform === 'linux' && c.hasBatchedCalls()).each([
  { engine: 'batched', address: '127.0.0.1', sockets: 2 },
  { engine: 'batched', address: '::1', sockets: 2 },
  { engine: 'portable', address: '127.0.0.1', sockets: 1 },
  { engine: 'portable', address: '::1', sockets: 1 },
] as const)(
  'the $engine engine at $address: path MTU discovery is off',
  async ({ engine, address, sockets }) => {
    const started = await STARTS[engine](address);
    engines.push(started);
    const { port } = started.addresses[0]!;
    const all = (value: number) => Array(sockets).fill(value);
    if (address === '::1') {
      expect(optionsOf(port, c.IPPROTO_IPV6, c.IPV6_MTU_DISCOVER)).toEqual(all(c.IPV6_PMTUDISC_OMIT));
    } else expect(optionsOf(port, c.IPPROTO_IP, c.IP_MTU_DISCOVER)).toEqual(all(c.IP_PMTUDISC_OMIT));
  },
);
