import { describe, expect, test } from 'vitest';
import type { TableReader } from '../../../src/answer/reader.ts';
import { createWarmer, isWorthWarming, WARM_QUERIES_MIN, WARM_SLOTS_MIN } from '../../../src/answer/warm.ts';
import fc, { draws } from '../../support/property.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf } from '../answering.ts';
import { queryPacket } from '../query-packet.ts';

const BATCH = 64;
const zone = zoneFile('example.org', '@ 60 NS ns.example.org\nwww 60 A 192.0.2.1', { pools: 'pools' });
const { reader } = answering(authorityOf([zone]));

/** Which words of the table are read, through the proxies that stand for its arrays. */
function watched(table: TableReader): { table: TableReader; slots: number[]; nodes: number[] } {
  const slots: number[] = [];
  const nodes: number[] = [];
  const noting = (array: Int32Array, seen: number[]) =>
    new Proxy(array, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) seen.push(Number(key));
        const value = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return {
    table: { ...table, index: noting(table.index, slots), words: noting(table.words, nodes) },
    slots,
    nodes,
  };
}

test('reads the slot and the node of the queried name, in any case', () => {
  const { table, slots, nodes } = watched(reader);
  const warmer = createWarmer(table, BATCH);
  const packet = queryPacket({ name: 'WWW.example.ORG' });
  warmer.note(packet, 0, packet.length);
  expect(slots).toEqual([]);
  warmer.warm();
  expect(slots).toHaveLength(1);
  expect(nodes[0]).toBe(reader.index[slots[0]!]);
  expect(reader.words[nodes[0]!]).toBe(reader.index[slots[0]! - 1]);
});

test('reads the slot and the node of a pool', () => {
  const { reader } = answering(
    authorityOf([zone], new Map([['web', [{ address: '192.0.2.1', weight: 1 }]]])),
  );
  const { table, nodes } = watched(reader);
  const warmer = createWarmer(table, BATCH);
  const packet = queryPacket({ name: 'WEB.pools.example.ORG' });
  warmer.note(packet, 0, packet.length);
  warmer.warm();
  expect(nodes[0]).toBe(reader.poolIndex.find((value, at) => at % 2 === 1 && value !== 0));
});

test('reads all slots before any node, and each batch once', () => {
  const order: string[] = [];
  const tell = (array: Int32Array, what: string) =>
    new Proxy(array, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) order.push(what);
        return Reflect.get(target, key, target);
      },
    });
  const warmer = createWarmer(
    { ...reader, index: tell(reader.index, 'slot'), words: tell(reader.words, 'node') },
    BATCH,
  );
  const packets = ['www.example.org', 'example.org'].map((name) => queryPacket({ name }));
  for (let i = 0; i < BATCH; i += 1) warmer.note(packets[i % 2]!, 0, packets[i % 2]!.length);
  warmer.warm();
  expect(order.slice(0, BATCH)).toEqual(Array(BATCH).fill('slot'));
  expect(order.slice(BATCH)).not.toContain('slot');
  order.length = 0;
  warmer.warm();
  expect(order).toEqual([]);
});

test('reads a name once that is asked for many times one after the other, and again in the next batch', () => {
  const { table, slots } = watched(reader);
  const warmer = createWarmer(table, BATCH);
  const packet = queryPacket({ name: 'www.example.org' });
  for (let batch = 1; batch <= 2; batch += 1) {
    for (let i = 0; i < BATCH; i += 1) warmer.note(packet, 0, packet.length);
    warmer.warm();
    expect(slots).toHaveLength(batch);
  }
});

test('reads what does not depend on octets outside of the query, and never throws, for any octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(40), (octets, cut) => {
      const length = Math.max(0, octets.length - cut);
      const { table, slots } = watched(reader);
      const warmer = createWarmer(table, BATCH);
      /** Which slots are read where these octets are before and behind the query. */
      const slotsBeside = (beside: number) => {
        const packet = new Uint8Array(octets.length + 8).fill(beside);
        packet.set(octets.subarray(0, length), 4);
        slots.length = 0;
        warmer.note(packet, 4, length);
        warmer.warm();
        return [...slots];
      };
      expect(slotsBeside(0)).toEqual(slotsBeside(0x61));
    }),
    { numRuns: draws(500) },
  );
});

describe('is worth it', () => {
  test.each([
    { slots: WARM_SLOTS_MIN, queries: WARM_QUERIES_MIN, worth: true },
    { slots: WARM_SLOTS_MIN / 2, queries: WARM_QUERIES_MIN, worth: false },
    { slots: WARM_SLOTS_MIN, queries: WARM_QUERIES_MIN - 1, worth: false },
  ])('for $queries queries of $slots slots: $worth', ({ slots, queries, worth }) => {
    expect(isWorthWarming({ ...reader, mask: slots - 1 }, queries)).toBe(worth);
  });
});
