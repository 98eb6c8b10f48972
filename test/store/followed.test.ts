import { expect, test } from 'vitest';
import type { Documents, Kind, StoredDocument } from '../../src/store/contract/documents.ts';
import { createFollowed } from '../../src/store/followed.ts';
import { dnsRecord, group, loadBalancer, monitor, override, pool, token, zone } from './contract/samples.ts';

const flags = { enabled: true, monitoringOnly: false, mustBeHealthy: false, createdAt: '', updatedAt: '' };
const members = (...ids: readonly string[]) => ids.map((monitorId) => ({ monitorId, ...flags }));

/** One document of each kind, and the pools that a change of it concerns: `direct` uses the monitor, `grouped` the group. */
const CHANGED: {
  readonly [K in Kind]: { readonly value: Documents[K]; readonly concerns: readonly string[] };
} = {
  load_balancer: { value: loadBalancer('l', { defaultPools: ['free'] }), concerns: [] },
  pool: { value: pool('free'), concerns: ['free'] },
  monitor: { value: monitor('m'), concerns: ['direct', 'grouped'] },
  monitor_group: { value: group('g', { members: members('m') }), concerns: ['grouped'] },
  override: { value: override('o', { pool: 'free' }), concerns: [] },
  zone: { value: zone('z'), concerns: [] },
  record: { value: dnsRecord('r'), concerns: [] },
  token: { value: token('t'), concerns: [] },
};
const KINDS = Object.keys(CHANGED) as Kind[];

const stored = (kind: Kind, value: Documents[Kind]) =>
  ({ kind, id: value.id, revision: 1, value }) as StoredDocument;
const THERE = [
  stored('pool', pool('direct', { monitor: 'm' })),
  stored('pool', pool('grouped', { monitorGroup: 'g' })),
  stored('pool', pool('free')),
  stored('monitor_group', group('g', { members: members('m') })),
  stored('monitor', monitor('m')),
];

function loaded() {
  const followed = createFollowed();
  expect([...followed.load(THERE)].sort()).toEqual(['direct', 'free', 'grouped']);
  return followed;
}

test.each(KINDS)('a %s that is put or deleted changes exactly the pools that depend on it', (kind) => {
  const { value, concerns } = CHANGED[kind];
  const put = { op: 'put', document: stored(kind, value) } as const;
  const deleted = { op: 'delete', kind, id: value.id } as const;
  for (const entry of [put, deleted])
    expect([...loaded().apply({ revision: 2, entries: [entry] })].sort()).toEqual([...concerns].sort());
});

test('links to a monitor move with the pools and groups that use it', () => {
  const followed = loaded();
  const change = (...documents: readonly StoredDocument[]) =>
    [
      ...followed.apply({ revision: 2, entries: documents.map((document) => ({ op: 'put', document })) }),
    ].sort();
  change(stored('pool', pool('direct')), stored('monitor_group', group('g', { members: members('n') })));
  expect(change(stored('monitor', monitor('m')))).toEqual([]);
  expect(change(stored('monitor', monitor('n')))).toEqual(['grouped']);
  expect(
    followed.poolMonitorsOf(pool('grouped', { monitorGroup: 'g' })).map(({ monitor: { id } }) => id),
  ).toEqual(['n']);
  expect([...followed.load([])].sort()).toEqual(['direct', 'free', 'grouped']);
  expect(change(stored('monitor', monitor('n')))).toEqual([]);
});
