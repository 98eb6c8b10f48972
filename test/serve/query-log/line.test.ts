import { expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { parseName } from '../../../src/dns/name.ts';
import { isWanted, lineOf, questionOf } from '../../../src/serve/query-log/line.ts';
import { queryPacket } from '../../answer/query-packet.ts';

const EPOCH_MS = 1_700_000_000_123;
const sampled = (query: Uint8Array, fields: object = {}) => ({
  query,
  queryOctets: query.length,
  replyOctets: 0,
  transport: Transport.UDP,
  client: Uint8Array.of(192, 0, 2, 1),
  ...fields,
});

test('whatever a client sends is one line of JSON', () => {
  for (const octets of [
    [],
    [1],
    Array.from({ length: 40 }, () => 0xff),
    [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9],
  ]) {
    const query = Uint8Array.from(octets);
    const line = lineOf(sampled(query), questionOf(query), EPOCH_MS);
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      time: '2023-11-14T22:13:20.123Z',
      client: '192.0.2.1',
      transport: 'udp',
      query_octets: octets.length,
      answer_octets: 0,
    });
  }
});

test('a name with any octets, another class and a long answer are written', () => {
  const query = queryPacket({ name: 'a\\010\\"b.example.org', type: 999 });
  const long = sampled(query, { replyOctets: 9_000, client: new Uint8Array(16), transport: Transport.DOH });
  const read = JSON.parse(lineOf(long, questionOf(query), EPOCH_MS));
  expect(read).toMatchObject({ client: '::', transport: 'doh', answer_octets: 9_000 });
  expect(read.rcode).toBeUndefined();
});

test('of zones, those at or above the name count, by whole labels', () => {
  const about = (name: string) => questionOf(queryPacket({ name }));
  const zones = [parseName('example.org'), parseName('sub.example.com')];
  const wanted = (name: string) => isWanted(about(name), zones);
  expect(['example.org', 'WWW.Example.Org', 'x.sub.example.com'].map(wanted)).toEqual([true, true, true]);
  expect(['badexample.org', 'example.com', 'org'].map(wanted)).toEqual([false, false, false]);
  expect([isWanted(undefined, zones), isWanted(undefined, [])]).toEqual([false, true]);
});
