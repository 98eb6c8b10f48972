import { expect, test } from 'vitest';
import { type Check, checksOf } from '../../../src/check/check.ts';
import type { Monitor } from '../../../src/check/monitor.ts';
import { createCheckIndex } from '../../../src/monitor/assignment/check-index.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import type { Change, StoredDocument } from '../../../src/store/contract/documents.ts';
import { makeGroup, makeMember, watchesAmong } from '../../pool/groups.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';
import fc from '../../support/property.ts';

const id = (letter: string) => letter.repeat(32);
const monitorIds = fc.constantFrom(id('a'), id('b'));

const monitors = fc
  .record({ id: monitorIds, port: fc.constantFrom(0, 81), path: fc.constantFrom('/', '/x') })
  .map((fields) => ({ kind: 'monitor', id: fields.id, revision: 1, value: makeMonitor(fields) }) as const);

const groupIds = fc.constantFrom(id('8'), id('9'));
const groups = fc
  .record({
    id: groupIds,
    members: fc.uniqueArray(
      fc.record({ monitorId: monitorIds, enabled: fc.boolean(), monitoringOnly: fc.boolean() }),
      { selector: ({ monitorId }) => monitorId, minLength: 1 },
    ),
  })
  .map(({ members, ...fields }) => {
    const value = makeGroup({ ...fields, members: members.map(makeMember) });
    return { kind: 'monitor_group', id: fields.id, revision: 1, value } as const;
  });

const pools = fc
  .record({
    id: fc.constantFrom(id('1'), id('2'), id('3')),
    enabled: fc.boolean(),
    watched: fc.oneof(
      monitorIds.map((monitor) => ({ monitor })),
      groupIds.map((monitorGroup) => ({ monitor: '', monitorGroup })),
      fc.constant({ monitor: null }),
    ),
    endpoints: fc.uniqueArray(
      fc.record({ address: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3'), enabled: fc.boolean() }),
      { selector: ({ address }) => address },
    ),
  })
  .map(({ watched, ...fields }) => {
    const endpoints = fields.endpoints.map((own) => makeEndpoint({ name: own.address, ...own }));
    const value = makePool({ ...fields, ...watched, endpoints });
    return { kind: 'pool', id: fields.id, revision: 1, value } as const;
  });

const entries = fc.oneof(
  fc.oneof(monitors, groups, pools).map((document: StoredDocument) => ({ op: 'put', document }) as const),
  fc.oneof(monitors, groups, pools).map((document: StoredDocument) => {
    return { op: 'delete', kind: document.kind, id: document.id } as const;
  }),
);

/** Checks in an order that does not depend on how they came to be. */
function ordered(checks: Iterable<Check>): unknown[] {
  const texts = [...checks].map(({ users, ...check }) => {
    const names = users.map(({ pool, endpoint }) => `${pool.id} ${endpoint.name}`).sort();
    return JSON.stringify([check, names]);
  });
  return texts.sort();
}

test('after any changes the index equals what checksOf gives, and every change names the checks that moved', () => {
  fc.assert(
    fc.property(fc.array(fc.array(entries, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), (history) => {
      const index = createCheckIndex();
      const documents = new Map<string, StoredDocument>();
      for (const [at, list] of history.entries()) {
        const before = new Map([...index.keys()].map((key) => [key, ordered([index.get(key)!])]));
        const touched = index.apply({ revision: at + 1, entries: list } as Change);
        for (const entry of list) {
          const { kind, id: name } = entry.op === 'put' ? entry.document : entry;
          if (entry.op === 'put') documents.set(`${kind} ${name}`, entry.document);
          else documents.delete(`${kind} ${name}`);
        }
        const wanted = wholeOf(documents.values());
        const now = [...index.keys()].map((key) => index.get(key)!);
        expect(ordered(now)).toEqual(ordered(wanted.values()));
        expect(index.size).toBe(wanted.size);
        for (const key of new Set([...before.keys(), ...wanted.keys()])) {
          const check = index.get(key);
          const same = JSON.stringify(before.get(key)) === JSON.stringify(check && ordered([check]));
          if (!same) expect(touched).toContain(key);
        }
      }
      const loaded = createCheckIndex();
      loaded.load([makeStored(makePool())]);
      loaded.load([...documents.values()]);
      expect(ordered([...loaded.keys()].map((key) => loaded.get(key)!))).toEqual(
        ordered(wholeOf(documents.values()).values()),
      );
    }),
  );
});

test('load returns the checks that ended', () => {
  const index = createCheckIndex();
  const first = index.load([makeStored(makePool()), makeStored(makeMonitor())]);
  expect(first.size).toBe(1);
  expect(index.load([])).toEqual(first);
  expect([index.size, ...first].map((key) => (typeof key === 'string' ? index.get(key) : key))).toEqual([
    0,
    undefined,
  ]);
});

function makeStored(value: Pool | Monitor): StoredDocument {
  return 'endpoints' in value
    ? { kind: 'pool', id: value.id, revision: 1, value }
    : { kind: 'monitor', id: value.id, revision: 1, value };
}

function wholeOf(documents: Iterable<StoredDocument>) {
  const all = [...documents];
  return checksOf(
    all.flatMap((each) => (each.kind === 'pool' ? [each.value] : [])),
    watchesAmong(
      all.flatMap((each) => (each.kind === 'monitor' ? [each.value] : [])),
      all.flatMap((each) => (each.kind === 'monitor_group' ? [each.value] : [])),
    ),
  );
}

test('the index of a region leaves out pools that this region does not check', () => {
  const pool = (name: string, checkRegions?: string[]) =>
    makePool({
      id: name.padEnd(32, '0'),
      name,
      endpoints: [makeEndpoint({ address: `${name}.example.org` })],
      ...(checkRegions ? { checkRegions } : {}),
    });
  const monitor = makeMonitor();
  const pools = [pool('all'), pool('west', ['WNAM']), pool('both', ['WNAM', 'WEU'])];
  const addresses = (region?: string) => {
    const index = createCheckIndex(region);
    index.load([
      { kind: 'monitor', id: monitor.id, revision: 1, value: monitor },
      ...pools.map((value) => ({ kind: 'pool', id: value.id, revision: 1, value }) as const),
    ]);
    return [...index.keys()].map((key) => index.get(key)!.address.split('.')[0]);
  };
  expect(addresses()).toEqual(['all', 'west', 'both']);
  expect(addresses('WNAM')).toEqual(['all', 'west', 'both']);
  expect(addresses('WEU')).toEqual(['all', 'both']);
  expect(addresses('office')).toEqual(['all']);
});

const SPARE = makeMonitor({ id: 'spare'.padEnd(32, '0') });
const restingAfter = (change: (pool: Pool) => Pool | undefined, region?: string) => {
  const index = createCheckIndex(region);
  const pool = makePool();
  index.load([makeStored(makeMonitor()), makeStored(SPARE), makeStored(pool)]);
  const [key] = [...index.keys()];
  const next = change(pool);
  index.apply({
    revision: 2,
    entries: [
      next === undefined
        ? { op: 'delete', kind: 'pool', id: pool.id }
        : { op: 'put', document: makeStored(next) },
    ],
  });
  return { has: index.has(key!), in: [...index.restingIn(key!)], of: [...(index.resting().get(key!) ?? [])] };
};

test.each<[string, (pool: Pool) => Pool | undefined, boolean, boolean]>([
  ['its pool was disabled', (pool) => ({ ...pool, enabled: false }), true, true],
  [
    'its endpoint was disabled',
    (pool) => ({ ...pool, endpoints: [makeEndpoint({ enabled: false })] }),
    true,
    true,
  ],
  ['its pool has no monitor any more', ({ monitor: _, ...pool }) => pool, true, false],
  ['its pool has another monitor', (pool) => ({ ...pool, monitor: SPARE.id }), true, false],
  ['its pool is gone', () => undefined, false, false],
  ['its endpoint is gone', (pool) => ({ ...pool, endpoints: [] }), false, false],
  [
    'its endpoint has another address',
    (pool) => ({ ...pool, endpoints: [makeEndpoint({ address: '127.0.0.2' })] }),
    false,
    false,
  ],
  [
    'its endpoint has another port',
    (pool) => ({ ...pool, endpoints: [makeEndpoint({ port: 81 })] }),
    false,
    false,
  ],
])('an ended check keeps its last result while its endpoint is left: %s', (_, change, isLeft, isOff) => {
  const { id } = makePool();
  expect(restingAfter(change)).toEqual({ has: false, in: isLeft ? [id] : [], of: isOff ? [id] : [] });
});

test('a check that only another region makes from now on keeps no last result', () => {
  const found = restingAfter((pool) => ({ ...pool, checkRegions: ['WNAM'] }), 'WEU');
  expect(found).toEqual({ has: false, in: [], of: [] });
});
