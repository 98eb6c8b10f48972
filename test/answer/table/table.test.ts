/** The table against a Map, read through reader.ts. TEST_SEED repeats a run. */

import { describe, expect, test } from 'vitest';
import { answerImage } from '../../../src/answer/compile/image.ts';
import { NodeField, ZONES_MAX, ZoneField, zoneWord } from '../../../src/answer/layout.ts';
import { newQuery } from '../../../src/answer/query.ts';
import { adopt, findWildcard, openTable, type TableReader } from '../../../src/answer/reader.ts';
import { createTable, type TableBuffers } from '../../../src/answer/table.ts';
import { formatName, parseName, type WireName } from '../../../src/dns/name.ts';
import { hashName } from '../../../src/dns/name-hash.ts';
import fc from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { askFor } from '../asked-name.ts';
import {
  expectSame,
  imageOf,
  poolImageOf,
  poolName,
  rdataAt,
  rdataOf,
  read,
  readPool,
  txtOf,
} from './txt-nodes.ts';

const query = newQuery();
/** Names that come and go, and names that come in crowds. */
const NAMES = 30;
const CROWD_MAX = 800;
const names = Array.from({ length: NAMES + CROWD_MAX }, (_, i) => parseName(`n${i}.example.org`));
const nameOf = (i: number) => names[i] ?? parseName(`n${i}.example.org`);

type Op =
  | { readonly op: 'put'; readonly name: number; readonly octets: number }
  | { readonly op: 'remove'; readonly name: number }
  | { readonly op: 'pool'; readonly pool: number; readonly octets: number }
  | { readonly op: 'remove pool'; readonly pool: number }
  | { readonly op: 'zone'; readonly ordinal: number; readonly octets: number }
  | { readonly op: 'serial'; readonly ordinal: number; readonly serial: number }
  /** Puts so many names and removes all but each eighth: the index fills with removed slots, and grows. */
  | { readonly op: 'crowd'; readonly count: number }
  | { readonly op: 'publish' };

const octets = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 50 }) },
  { weight: 1, arbitrary: fc.constant(50_000) },
);
const anyOrdinal = fc.constantFrom(0, 1, ZONES_MAX - 1);
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ op: fc.constant('put'), name: fc.nat(NAMES - 1), octets }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('remove'), name: fc.nat(NAMES - 1) }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('zone'), ordinal: anyOrdinal, octets }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('serial'),
      ordinal: anyOrdinal,
      serial: fc.nat(2 ** 32 - 1),
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('pool'), pool: fc.nat(NAMES - 1), octets }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('remove pool'), pool: fc.nat(NAMES - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('crowd'), count: fc.integer({ min: 1, max: CROWD_MAX }) }),
  },
  { weight: 3, arbitrary: fc.constant({ op: 'publish' }) },
) as fc.Arbitrary<Op>;

test.each([
  { title: 'into new memory', reuses: false, runs: 100, ops: 120, reusedMin: 0 },
  { title: 'into reused memory', reuses: true, runs: 25, ops: 600, reusedMin: 10 },
])(
  `puts, removals, growth and compactions $title (seed ${seed})`,
  { timeout: 120_000 },
  ({ reuses, runs, ops: length, reusedMin }) => {
    let compactions = 0;
    let grown = 0;
    let reused = 0;
    fc.assert(
      fc.property(fc.array(anyOp, { minLength: length / 6, maxLength: length, size: 'max' }), (ops) => {
        let handed: TableBuffers | undefined;
        const table = createTable({
          replaced: (buffers) => (handed = buffers),
          ...(reuses
            ? { hasAdopted: () => handed === undefined || reader.words.buffer === handed.arena }
            : {}),
        });
        let current = table.buffers;
        const arenas = new Set([current.arena]);
        const reader = openTable(current);
        const nodes = new Map<number, { rdata: Uint8Array; words: number }>();
        const zones = new Map<number, { rdata: Uint8Array; words: number }>();
        const serials = new Map<number, number>();
        const pools = new Map<number, { rdata: Uint8Array; words: number }>();
        let version = 0;
        let generation = 0;

        const expectState = (seen: TableReader) => {
          for (let i = 0; i < NAMES; i += 1) expectSame(read(seen, nameOf(i)), nodes.get(i)?.rdata);
          for (const [i, { rdata }] of nodes) if (i >= NAMES) expectSame(read(seen, nameOf(i)), rdata);
          for (let i = 0; i < NAMES; i += 1) expectSame(readPool(seen, i), pools.get(i)?.rdata);
          for (const [i, { rdata }] of pools) if (i >= NAMES) expectSame(readPool(seen, i), rdata);
          for (const [ordinal, { rdata }] of zones)
            expectSame(rdataAt(seen, seen.zones[zoneWord(ordinal, ZoneField.NEGATIVE)]!), rdata);
          for (const [ordinal, serial] of serials)
            expect(seen.zones[zoneWord(ordinal, ZoneField.SERIAL)]! >>> 0).toBe(serial);
        };
        /** Makes one change; when it moved everything, what the old buffers hold is what was true before it. */
        const change = (write: () => void, note: () => void) => {
          write();
          const { buffers } = table;
          if (buffers.arena !== current.arena) {
            compactions += 1;
            if (buffers.index.byteLength > current.index.byteLength) grown += 1;
            if (arenas.has(buffers.arena)) reused += 1;
            expect(reuses || !arenas.has(buffers.arena)).toBe(true);
            arenas.add(buffers.arena);
            expectState(openTable(current));
            expect(new Int32Array(buffers.generation)[0]).toBe(0);
            current = buffers;
          }
          note();
        };
        const put = (i: number, size: number) => {
          const rdata = rdataOf((version += 1), size);
          const image = imageOf(nameOf(i), rdata);
          change(
            () => table.put(image),
            () => nodes.set(i, { rdata, words: image.length }),
          );
        };
        const remove = (i: number) =>
          change(
            () => table.remove(nameOf(i)),
            () => nodes.delete(i),
          );

        const putPool = (i: number, size: number) => {
          const rdata = rdataOf((version += 1), size);
          const image = poolImageOf(i, rdata);
          change(
            () => table.setPool(image),
            () => pools.set(i, { rdata, words: image.length }),
          );
        };
        const removePool = (i: number) =>
          change(
            () => table.removePool(poolName(i)),
            () => pools.delete(i),
          );

        for (const each of ops) {
          switch (each.op) {
            case 'put':
              put(each.name, each.octets);
              break;
            case 'remove':
              remove(each.name);
              break;
            case 'pool':
              putPool(each.pool, each.octets);
              break;
            case 'remove pool':
              removePool(each.pool);
              break;
            case 'zone': {
              const rdata = rdataOf((version += 1), each.octets);
              const image = answerImage(nameOf(0), txtOf(nameOf(0), rdata));
              change(
                () => table.setZone(each.ordinal, image),
                () => zones.set(each.ordinal, { rdata, words: image.length }),
              );
              break;
            }
            case 'serial':
              change(
                () => table.setSerial(each.ordinal, each.serial),
                () => serials.set(each.ordinal, each.serial),
              );
              break;
            case 'crowd':
              for (let i = 0; i < each.count; i += 1) put(NAMES + i, 4);
              for (let i = 0; i < each.count; i += 1) if (i % 8 !== 0) remove(NAMES + i);
              for (let i = 0; i < each.count; i += 1) putPool(NAMES + i, 4);
              for (let i = 0; i < each.count; i += 1) if (i % 8 !== 0) removePool(NAMES + i);
              break;
            case 'publish': {
              const old = { ...reader };
              handed = undefined;
              table.publish((generation += 1));
              const isFresh = current.arena !== old.words.buffer;
              expect(handed === undefined).toBe(!isFresh);
              if (handed !== undefined) {
                expect(handed).toEqual(current);
                adopt(reader, handed);
                // Who has not changed over yet sees the generation that is whole in the old buffers.
                expect(old.generation[0]).toBe(old.generation[0] === 0 ? 0 : generation - 1);
              }
              expect(reader.generation[0]).toBe(generation);
              expectState(reader);
            }
          }
          // What was put is seen at once, by readers of buffers that are still in use.
          if (reader.words.buffer === current.arena && 'name' in each)
            expectSame(read(reader, nameOf(each.name)), nodes.get(each.name)?.rdata);
          if (reader.words.buffer === current.arena && 'pool' in each)
            expectSame(readPool(reader, each.pool), pools.get(each.pool)?.rdata);
          const live = [...nodes.values(), ...zones.values(), ...pools.values()].reduce(
            (sum, { words }) => sum + words,
            1,
          );
          const { usedOctets, deadOctets, arenaOctets } = table.usage;
          expect(usedOctets - deadOctets).toBe(live * 4);
          expect(usedOctets).toBeLessThanOrEqual(arenaOctets);
        }
      }),
      { seed, numRuns: runs },
    );
    // The operations did reach what they are there for.
    expect(compactions).toBeGreaterThan(50);
    expect(grown).toBeGreaterThan(10);
    expect(reused).toBeGreaterThanOrEqual(reusedMin);
  },
);

describe('reuse of memory', () => {
  /** Writes until everything has moved, and publishes. */
  const fill = (table: ReturnType<typeof createTable>, generation: number) => {
    const { arena } = table.buffers;
    for (let version = 0; table.buffers.arena === arena; version += 1)
      table.put(imageOf(nameOf(0), rdataOf(generation + version, 50_000)));
    table.publish(generation);
  };

  test('two arenas are enough when every reader adopts the new one', () => {
    const table = createTable({ hasAdopted: () => true });
    const arenas = new Set([table.buffers.arena]);
    for (let generation = 1; generation < 50; generation += 1) {
      fill(table, generation);
      arenas.add(table.buffers.arena);
    }
    expect(arenas.size).toBe(2);
  });

  test('memory that a reader may still use is not written', () => {
    let isLate = false;
    const table = createTable({ hasAdopted: () => !isLate });
    for (let generation = 1; generation < 4; generation += 1) fill(table, generation);
    const late = openTable(table.buffers);
    const seen = read(late, nameOf(0));
    isLate = true;
    for (let generation = 4; generation < 10; generation += 1) {
      fill(table, generation);
      expectSame(read(late, nameOf(0)), seen);
    }
    expect(read(openTable(table.buffers), nameOf(0))).not.toEqual(seen);
  });

  test('an arena that has become too small is not reused', () => {
    const table = createTable({ hasAdopted: () => true });
    fill(table, 1);
    for (let i = 0; i < 100; i += 1) table.put(imageOf(nameOf(i), rdataOf(i, 50_000)));
    table.publish(2);
    const reader = openTable(table.buffers);
    for (let i = 0; i < 100; i += 1) expectSame(read(reader, nameOf(i)), rdataOf(i, 50_000));
  });
});

test('writing an equal node takes no space', () => {
  const table = createTable();
  const put = (octets: number) => table.put(imageOf(nameOf(0), rdataOf(1, octets)));
  put(40);
  const { usedOctets } = table.usage;
  put(40);
  expect(table.usage).toMatchObject({ usedOctets, deadOctets: 0 });
  put(41);
  expect(table.usage.deadOctets).toBeGreaterThan(0);
  table.remove(nameOf(0));
  put(41);
  expect(read(openTable(table.buffers), nameOf(0))).toEqual(rdataOf(1, 41));
});

describe('zones', () => {
  const image = answerImage(nameOf(0), txtOf(nameOf(0), rdataOf(1, 4)));
  test('the last ordinal is accepted', () => {
    const table = createTable();
    table.setZone(ZONES_MAX - 1, image);
    const reader = openTable(table.buffers);
    const offset = reader.zones[zoneWord(ZONES_MAX - 1, ZoneField.NEGATIVE)]!;
    expect(rdataAt(reader, offset)).toEqual(rdataOf(1, 4));
  });
  test.each([-1, ZONES_MAX])('%i is refused', (ordinal) => {
    expect(() => createTable().setZone(ordinal, image)).toThrow(RangeError);
    expect(() => createTable().setSerial(ordinal, 1)).toThrow(RangeError);
  });
  test('writing an equal negative answer takes no space', () => {
    const table = createTable();
    table.setZone(0, image);
    const { usedOctets } = table.usage;
    table.setZone(0, image);
    expect(table.usage).toMatchObject({ usedOctets, deadOctets: 0 });
  });
});

describe('names that are similar', () => {
  const same = (octets: readonly number[]) => Uint8Array.from(octets) as WireName;

  test('equal octets with other label boundaries', () => {
    const table = createTable();
    const names = [same([3, 97, 1, 98, 0]), same([1, 97, 1, 98, 0]), same([1, 98, 0]), same([0])];
    for (const [i, name] of names.entries()) table.put(imageOf(name, rdataOf(i, 4)));
    const reader = openTable(table.buffers);
    for (const [i, name] of names.entries())
      expect(read(reader, name), formatName(name)).toEqual(rdataOf(i, 4));
  });

  test('names with equal length and hash are compared', () => {
    const table = createTable();
    const [one, other] = collision();
    const images = [imageOf(one, rdataOf(1, 4)), imageOf(other, rdataOf(2, 4))];
    expect(images[0]![NodeField.HASH]).toBe(images[1]![NodeField.HASH]);
    for (const image of images) table.put(image);
    const reader = openTable(table.buffers);
    expect(read(reader, one)).toEqual(rdataOf(1, 4));
    expect(read(reader, other)).toEqual(rdataOf(2, 4));
    table.remove(one);
    expect(read(reader, one)).toBeUndefined();
    expect(read(reader, other)).toEqual(rdataOf(2, 4));
  });

  test('a wildcard is found only below its parent', () => {
    const table = createTable();
    table.put(imageOf(parseName('*.example.org'), rdataOf(1, 4)));
    table.put(imageOf(parseName('xx.example.com'), rdataOf(2, 4)));
    const reader = openTable(table.buffers);
    const find = (text: string, skip: number) => {
      return findWildcard(reader, askFor(query, parseName(text)), skip) !== 0;
    };
    expect(find('a.example.org', 1)).toBe(true);
    expect(find('a.b.example.org', 2)).toBe(true);
    expect(find('a.b.example.org', 1)).toBe(false);
    expect(find('a.example.com', 1)).toBe(false);
  });
});

/** Two names of equal hash and equal length, by the birthday paradox among some hundred thousand. */
function collision(): [WireName, WireName] {
  const seen = new Map<number, number>();
  const name = nameOf(1_000_000);
  for (let i = 1_000_000; ; i += 1) {
    for (let digit = 7, rest = i; digit > 0; digit -= 1, rest = Math.floor(rest / 10))
      name[1 + digit] = 0x30 + (rest % 10);
    const hash = hashName(name);
    const before = seen.get(hash);
    if (before !== undefined) return [nameOf(before), nameOf(i)];
    seen.set(hash, i);
  }
}

test('with isWaitedFor, a table gives out its buffers with the first publication, wherever they moved', () => {
  for (const crowd of [1, CROWD_MAX]) {
    const handed: TableBuffers[] = [];
    const table = createTable({ isWaitedFor: true, replaced: (buffers) => handed.push(buffers) });
    for (let i = 0; i < crowd; i += 1) table.put(imageOf(nameOf(i), rdataOf(i, 2_000)));
    expect(handed).toEqual([]);
    table.publish(1);
    expect(handed).toEqual([table.buffers]);
    const reader = openTable(handed[0]!);
    expect(reader.generation[0]).toBe(1);
    for (let i = 0; i < crowd; i += 1) expectSame(read(reader, nameOf(i)), rdataOf(i, 2_000));
    table.put(imageOf(nameOf(0), rdataOf(1, 5)));
    table.publish(2);
    expect(handed).toHaveLength(1);
  }
});
