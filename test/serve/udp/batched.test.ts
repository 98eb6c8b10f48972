import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { UDP_OCTETS_LIMIT } from '../../../src/dns/edns.ts';
import { startBatchedUdp } from '../../../src/serve/udp/batched.ts';
import type { UdpEngine } from '../../../src/serve/udp/engine.ts';
import { hasBatchedCalls } from '../../../src/serve/udp/socket/libc.ts';
import { answering, authorityOf } from '../../answer/answering.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { queryWith, tableAnswering } from './answers.ts';
import { addressIn, describeUdpEngine, openClient } from './contract.ts';

describe.skipIf(!hasBatchedCalls())('batched', () => {
  const died = vi.fn();
  describeUdpEngine('the batched engine, one worker', async (listen, table) =>
    startBatchedUdp({ listen, table: table.buffers, settings: PLAIN, workers: 1, died }),
  );
  describeUdpEngine('the batched engine, three workers', async (listen, table) =>
    startBatchedUdp({ listen, table: table.buffers, settings: PLAIN, workers: 3, died }),
  );

  const engines: UdpEngine[] = [];
  const clients: { stop(): unknown }[] = [];
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
    for (const each of clients.splice(0)) each.stop();
    died.mockReset();
  });
  const startAt = (address: string) => {
    const engine = startBatchedUdp({
      listen: [{ address, port: 0 }],
      table: tableAnswering(1).buffers,
      settings: PLAIN,
      workers: 1,
      died,
    });
    engines.push(engine);
    return engine;
  };

  test('closes its sockets once, however often it is stopped, and not what has their numbers afterwards', async () => {
    const engine = startAt('127.0.0.1');
    await engine.stop();
    // The kernel gives the lowest numbers that are free.
    const files = readdirSync('/proc/self/fd').map(() => openSync('/dev/null', 'r'));
    await engine.stop();
    expect(files.filter((fd) => !existsSync(`/proc/self/fd/${fd}`))).toEqual([]);
    for (const fd of files) closeSync(fd);
  });

  test('answers of a batch are as large as configured, and separate', async () => {
    const text = 'x'.repeat(250);
    const zone = zoneFile('example.org', `big 60 TXT ${`"${text}" `.repeat(15)}`);
    const engine = startBatchedUdp({
      listen: [{ address: '127.0.0.1', port: 0 }],
      table: answering(authorityOf([zone])).table.buffers,
      settings: { ...PLAIN, udpOctetsMax: UDP_OCTETS_LIMIT },
      workers: 1,
      died,
    });
    engines.push(engine);
    const client = await openClient();
    // No more than the client's own receive buffer takes.
    const ids = Array.from({ length: 16 }, (_, id) => id);
    for (const id of ids)
      client.send(
        queryPacket({ name: 'big.example.org', type: 'TXT', id, opts: [{ udpOctetsMax: 65_535 }] }),
        engine.addresses[0]!,
      );
    const seen: number[] = [];
    for (const _ of ids) {
      const { packet } = await client.next();
      const { id, tc, answer, opt } = decode(packet);
      seen.push(id);
      expect({ tc, strings: answer[0]!.rdata.split(Buffer.from(text).toString('hex')).length - 1 }).toEqual({
        tc: false,
        strings: 15,
      });
      expect(opt!.udpOctetsMax).toBe(UDP_OCTETS_LIMIT);
    }
    expect(seen.sort((a, b) => a - b)).toEqual(ids);
  });

  test('a thread that dies is reported, counted and restarted, and no query is lost meanwhile', async () => {
    const engine = startAt('127.0.0.1');
    const client = await openClient();
    client.send(queryWith(1), engine.addresses[0]!);
    await client.next();

    engine.adopt(undefined as never);
    await vi.waitUntil(() => died.mock.calls.length > 0);
    expect(engine.deaths).toBe(died.mock.calls.length);
    client.send(queryWith(2), engine.addresses[0]!);
    engine.adopt(tableAnswering(9).buffers);
    const { packet } = await client.next();
    expect(packet.readUInt16BE(0)).toBe(2);
    expect(addressIn(packet)).toBe(9);
  });
});
