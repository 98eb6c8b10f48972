import { expect, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { Type } from '../../../src/dns/type.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { createPublisher, type PoolState } from '../../../src/serve/publish/publisher.ts';
import { byApex } from '../../../src/zone/contents/zones.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { asking } from '../../answer/answering.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';
import fc, { draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { zoneFile } from '../../zone/zone-file.ts';

/** Zones that nest, some in two forms; of a list at most one form of each is served. */
const FORMS: readonly (readonly Zone[])[] = [
  [
    zoneFile(
      'example.org',
      '@ 60 NS ns1.example.net.\nwww 60 A 192.0.2.1\n* 60 A 192.0.2.2\ndeep.cut 60 TXT x',
    ),
    zoneFile('example.org', '@ 60 NS ns1.example.net.\nwww 60 A 192.0.2.9', { pools: 'pools' }),
    zoneFile('example.org', '@ 60 NS ns1.example.net.\nsub 60 NS ns.sub.example.org.\nns.sub 60 A 192.0.2.3'),
  ],
  [
    zoneFile('sub.example.org', '@ 60 NS ns.sub.example.org.\nns 60 A 192.0.2.3\na.b.c 60 TXT y'),
    zoneFile('sub.example.org', '@ 60 NS ns1.example.net.', { pools: 'p.q', poolTtlSeconds: 5 }),
  ],
  [zoneFile('c.sub.example.org', '@ 60 NS ns1.example.net.\nwww 60 A 192.0.2.4', { pools: 'pools' })],
  [zoneFile('example.com', '@ 60 NS ns1.example.com.\nns1 60 A 192.0.2.5', { pools: 'pools' })],
];
const NAMES = [
  'example.org',
  'www.example.org',
  'other.example.org',
  'cut.example.org',
  'deep.cut.example.org',
  'pools.example.org',
  'web.pools.example.org',
  'mail.pools.example.org',
  'sub.example.org',
  'ns.sub.example.org',
  'x.sub.example.org',
  'q.sub.example.org',
  'web.p.q.sub.example.org',
  'b.c.sub.example.org',
  'a.b.c.sub.example.org',
  'c.sub.example.org',
  'www.c.sub.example.org',
  'web.pools.c.sub.example.org',
  'example.com',
  'ns1.example.com',
  'web.pools.example.com',
  'none.example.com',
  'example.net',
];
const TYPES = [Type.A, Type.SOA, Type.NS, Type.TXT];

const stateOf = (name: string): PoolState => {
  const pool: Pool = makePool({ id: name.padEnd(32, '0'), name, endpoints: [makeEndpoint()] });
  return { id: pool.id, pool, members: [{ address: '192.0.2.80', weight: 1 }] };
};
const POOLS = [stateOf('web'), stateOf('mail')];

function node(zones: readonly Zone[]) {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const publisher = createPublisher(zones, table, (_, error) => {
    throw error;
  });
  return { publisher, ...asking(reader) };
}

/** What a node answers to every question, decoded. */
function answersOf({ ask }: ReturnType<typeof node>): unknown[] {
  return NAMES.flatMap((name) => TYPES.map((type) => [name, type, ask({ name, type })]));
}

const chosen: fc.Arbitrary<Zone[]> = fc
  .tuple(...FORMS.map((forms) => fc.option(fc.constantFrom(...forms), { nil: undefined })))
  .map((zones) => zones.filter((zone) => zone !== undefined));

test(`after zones were added, changed and removed, a node answers as one that started with them (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(chosen, { minLength: 1, maxLength: 6 }), (steps) => {
      const lived = node([]);
      let serial = 1;
      lived.publisher.publish(POOLS, serial);
      for (const zones of steps) {
        serial += 1;
        lived.publisher.setZones(byApex(zones));
        lived.publisher.publish(POOLS, serial);
        const fresh = node(zones);
        fresh.publisher.publish(POOLS, serial);
        expect(answersOf(lived)).toEqual(answersOf(fresh));
      }
    }),
    { numRuns: draws(30) },
  );
});

test('a removed zone leaves its ordinal to another, so that zones can come and go without end', () => {
  const lived = node([]);
  for (let i = 1; i <= 5_000; i += 1) {
    lived.publisher.setZones(byApex([zoneFile(`zone${i}.example.org`, '@ 60 NS ns1.example.net.')]));
    lived.publisher.publish([], i);
  }
  expect(lived.ask({ name: 'zone5000.example.org', type: Type.SOA }).answer[0]!.line).toContain(' 5000 ');
  expect(lived.ask({ name: 'zone4999.example.org', type: Type.SOA }).rcode).toBe(5);
});

/** Octets of a pool's node with an address, at the most. */
const POOL_OCTETS_MAX = 160;

test('50 zones with 10,000 pools took 134 MB, and a flip wrote a node for each zone', () => {
  const zones = Array.from({ length: 50 }, (_, i) => zoneFile(`zone${i}.example`, '', { pools: 'pools' }));
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const publisher = createPublisher(zones, table, () => expect.fail());
  publisher.publish(
    Array.from({ length: 10_000 }, (_, i) => stateOf(`p${i}`)),
    1,
  );
  expect(table.usage.arenaOctets).toBeLessThanOrEqual(10_000_000);
  const before = table.usage.usedOctets;
  publisher.publish([{ ...stateOf('p7'), members: [{ address: '192.0.2.99', weight: 1 }] }], 1);
  expect(table.usage.usedOctets - before).toBeLessThanOrEqual(POOL_OCTETS_MAX);
  const { ask } = asking(reader);
  for (const zone of ['zone0', 'zone49'])
    expect(ask({ name: `p7.pools.${zone}.example` }).answer[0]!.line).toContain('192.0.2.99');
  // One more zone writes its own names alone.
  const between = table.usage.usedOctets;
  publisher.setZones(byApex([...zones, zoneFile('more.example', '', { pools: 'pools' })]));
  publisher.publish([], 1);
  expect(table.usage.usedOctets - between).toBeLessThan(1_024);
  expect(ask({ name: 'p8.pools.more.example' }).answer).toHaveLength(1);
});

test('a flip of a pool took the place of a zone whose apex has its name', () => {
  const zones = [
    zoneFile('example.org', '', { pools: 'pools' }),
    zoneFile('web.pools.example.org', '@ 60 A 192.0.2.70'),
    zoneFile('x.mail.pools.example.org', '@ 60 A 192.0.2.71'),
  ];
  const { publisher, ask } = node(zones);
  publisher.publish(POOLS, 1);
  publisher.publish(POOLS, 1);
  const lines = (name: string) =>
    ask({ name, type: Type.A }).answer.map(({ line }) => line.split(' ').at(-1));
  expect(lines('web.pools.example.org')).toEqual(['192.0.2.70']);
  expect(lines('mail.pools.example.org')).toEqual(['192.0.2.80']);
  expect(lines('x.mail.pools.example.org')).toEqual(['192.0.2.71']);
  expect(ask({ name: 'none.pools.example.org', type: Type.A }).rcode).toBe(3);
});

test('pools that are deleted and added while zones change are answered only in the right zones', () => {
  const [org, com] = [FORMS[0]![1]!, FORMS[3]![0]!];
  const lived = node([org]);
  lived.publisher.publish([POOLS[0]!], 1);
  lived.publisher.setZones(byApex([com]));
  lived.publisher.publish([{ ...POOLS[0]!, pool: undefined, members: [] }, POOLS[1]!], 2);
  const rcode = (name: string) => lived.ask({ name, type: Type.A }).rcode;
  expect(rcode('web.pools.example.org')).toBe(5);
  expect(rcode('web.pools.example.com')).toBe(3);
  expect(lived.ask({ name: 'mail.pools.example.com', type: Type.A }).answer).toHaveLength(1);
});
