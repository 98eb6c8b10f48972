import { expect, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { formatName } from '../../../src/dns/name.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { createServedLoadBalancers } from '../../../src/serve/publish/served-load-balancers.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import type { Change, StoredDocument } from '../../../src/store/contract/documents.ts';
import { type Deletions, deletionsAfter } from '../../../src/store/integrity/deletions.ts';
import type { ZoneSettings } from '../../../src/zone/authored-zone.ts';
import { valuesUnder } from '../../../src/zone/contents/ordered-map.ts';
import { asking } from '../../answer/answering.ts';
import type { QuerySpec } from '../../answer/query-packet.ts';
import { loadBalancer, pool, zone } from '../../store/contract/samples.ts';
import fc, { draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';

const AT = '2026-01-01T00:00:00.000000Z';
const id = 'a'.repeat(32);

function tableAndReader() {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  return { table, reader };
}

/** A node that serves one zone of the API, which is read anew at each change. */
function startNode() {
  const { table, reader } = tableAndReader();
  const failed = (_: unknown, error: unknown): never => {
    throw error;
  };
  const zones = createServedZones([]);
  const publisher = createPublisher([], table, failed, undefined, zones);
  let revision = 0;
  return {
    change(settings: ZoneSettings) {
      revision += 1;
      const fields = { type: 'full', paused: false, createdOn: AT, modifiedOn: AT } as const;
      const value = { id, name: 'example.com', ...fields, settings };
      const document = { kind: 'zone', id, revision, value } as const;
      zones.apply({ revision, link: '', entries: [{ op: 'put', document }] });
      publisher.setZones(zones.all);
      publisher.publish([], revision);
    },
    answers: (name: string, type: NonNullable<QuerySpec['type']>) =>
      asking(reader, 1)
        .ask({ name, type }, 1)
        .answer.map(({ line }) => line.split(/\s+/).at(-1))
        .sort(),
  };
}

/** What may happen to the store, one revision each. */
const anyChange = fc.oneof(
  fc.record({ op: fc.constant('zone' as const), zone: fc.nat(3), pools: fc.boolean() }),
  fc.record({ op: fc.constant('no zone' as const), zone: fc.nat(3) }),
  fc.record({ op: fc.constant('pool' as const), isGone: fc.boolean() }),
  fc.record({ op: fc.constant('load balancer' as const), zone: fc.nat(3), enabled: fc.boolean() }),
  fc.record({ op: fc.constant('no load balancer' as const), zone: fc.nat(3) }),
  // The note of deletions was lost.
  fc.record({ op: fc.constant('lost' as const) }),
  // All is read anew, of the same history or of another.
  fc.record({ op: fc.constant('reload' as const), epoch: fc.constantFrom('e', 'f') }),
);
type AnyChange = typeof anyChange extends fc.Arbitrary<infer T> ? T : never;

function documentOf(
  kind: 'zone' | 'load_balancer',
  revision: number,
  at: number,
  over: object,
): StoredDocument {
  const [name, zoneName] = [`z${at}.example.org`, `z${at}.example.org`];
  if (kind === 'zone')
    return {
      kind,
      id: `z${at}`,
      revision,
      value: zone(`z${at}`, { name, settings: { ns: [{ name: 'ns1.example.net' }], ...over } }),
    };
  return {
    kind,
    id: `l${at}`,
    revision,
    value: loadBalancer(`l${at}`, { name: `www.${name}`, zoneName, ...over }),
  };
}

function entryOf(change: AnyChange, revision: number): Change['entries'][number] {
  switch (change.op) {
    case 'zone':
      return {
        op: 'put',
        document: documentOf('zone', revision, change.zone, change.pools ? { pools: 'pools' } : {}),
      };
    case 'load balancer':
      return {
        op: 'put',
        document: documentOf('load_balancer', revision, change.zone, { enabled: change.enabled }),
      };
    case 'no zone':
      return { op: 'delete', kind: 'zone', id: `z${change.zone}` };
    case 'no load balancer':
      return { op: 'delete', kind: 'load_balancer', id: `l${change.zone}` };
    case 'pool':
      if (change.isGone) return { op: 'delete', kind: 'pool', id: 'p' };
      return { op: 'put', document: { kind: 'pool', id: 'p', revision, value: pool('p') } };
    case 'lost':
    case 'reload':
      return { op: 'delete', kind: 'monitor', id: 'm' };
  }
}

test(`each generation shows the serials of its revision, and none is ever lower (seed ${seed})`, () => {
  const step = fc.record({ changes: fc.array(anyChange, { maxLength: 3 }), arrives: fc.option(anyChange) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const { table, reader } = tableAndReader();
      const zones = createServedZones([]);
      const loadBalancers = createServedLoadBalancers();
      const publisher = createPublisher([], table, () => expect.fail(), undefined, zones);
      const { ask } = asking(reader);
      const documents = new Map<string, StoredDocument>();
      let revision = 0;
      let deletions: Deletions = { since: 0, pool: 0 };
      const setZones = () => publisher.setZones(loadBalancers.addTo(zones.all));
      const happen = (change: AnyChange) => {
        revision += 1;
        const entries = [entryOf(change, revision)];
        const made = { revision, entries, ...(change.op === 'lost' && { deletionsSince: revision - 1 }) };
        deletions = deletionsAfter(deletions, made);
        for (const entry of entries)
          if (entry.op === 'put')
            documents.set(`${entry.document.kind} ${entry.document.id}`, entry.document);
          else documents.delete(`${entry.kind} ${entry.id}`);
        if (change.op === 'reload') {
          const all = [...documents.values()];
          zones.load(all);
          loadBalancers.load(all);
          zones.number({ epoch: change.epoch, revision, documents: all, deletions });
          setZones();
          return;
        }
        const hasOtherZones = zones.apply(made);
        if (loadBalancers.apply(made) || hasOtherZones) setZones();
      };
      const shown = () =>
        new Map(
          [0, 1, 2, 3].flatMap((i) => {
            const [soa] = ask({ name: `z${i}.example.org`, type: 'SOA' }).answer;
            return soa === undefined ? [] : [[i, Number(soa.line.split(' ').at(-5))] as const];
          }),
        );
      let before = shown();
      for (const { changes, arrives } of steps) {
        for (const change of changes) happen(change);
        const wanted = new Map(
          [...valuesUnder(loadBalancers.addTo(zones.all), '')].map((each) => [
            Number(formatName(each.apex)[1]),
            zones.serialOf(each),
          ]),
        );
        const writing = publisher.begin(revision)[Symbol.iterator]();
        writing.next();
        if (arrives !== null) happen(arrives);
        while (!writing.next().done);
        publisher.end();
        const now = shown();
        expect([...now].sort()).toEqual([...wanted].sort());
        for (const [i, serial] of before) expect(now.get(i) ?? serial).toBeGreaterThanOrEqual(serial);
        before = now;
      }
    }),
    { numRuns: draws(150) },
  );
});

const server = (name: string, address: string) => ({ name: `${name}.example.com`, addresses: [address] });

test('from the second change on, a zone of the API kept record sets that were removed or replaced', () => {
  const { change, answers } = startNode();
  const ns = [server('ns1', '192.0.2.1'), server('ns2', '192.0.2.2')];
  change({ ns });
  // Equal record sets, which are other objects.
  change({ ns, pool_ttl: 60 });
  change({ ns: [server('ns1', '192.0.2.9')], pool_ttl: 60 });
  expect(answers('example.com', 'NS')).toEqual(['ns1.example.com.']);
  expect(answers('ns1.example.com', 'A')).toEqual(['192.0.2.9']);
  expect(answers('ns2.example.com', 'A')).toEqual([]);
  change({ ns });
  change({ ns: [server('ns2', '192.0.2.2')] });
  expect(answers('example.com', 'NS')).toEqual(['ns2.example.com.']);
  expect(answers('ns1.example.com', 'A')).toEqual([]);
});
