import { expect, test, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createServedState } from '../../../src/serve/follow/served-state.ts';
import { withoutPool } from '../../../src/serve/publish/choice-of.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { createServedLoadBalancers } from '../../../src/serve/publish/served-load-balancers.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import type { Change, StoredDocument } from '../../../src/store/contract/documents.ts';
import { valuesUnder } from '../../../src/zone/contents/ordered-map.ts';
import { inOneList } from '../../../src/zone/contents/owned-sets.ts';
import { byApex } from '../../../src/zone/contents/zones.ts';
import { isSteered } from '../../../src/zone/steered-rrset.ts';
import { loadBalancer } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const ZONE = zoneFile('example.org', '');
const PLACES = { locationStrategy: { mode: 'resolver_ip' } } as const;

const stored = (revision: number, value: LoadBalancer) =>
  ({ kind: 'load_balancer', id: value.id, revision, value }) satisfies StoredDocument;
const put = (revision: number, value: LoadBalancer): Change => ({
  revision,
  entries: [{ op: 'put', document: stored(revision, value) }],
});
const gone = (revision: number, id: string): Change => ({
  revision,
  entries: [{ op: 'delete', kind: 'load_balancer', id }],
});
/** A zone with what answers in it. */
const zoneOf = (served: ReturnType<typeof createServedLoadBalancers>) =>
  [...valuesUnder(served.addTo(byApex([ZONE])), '')][0]!;

test.each([{ name: 'a..b.example.org' }, { name: '' }, { zoneName: 'a..b' }])(
  'a load balancer with %j in the store froze the configuration of every node',
  async (over) => {
    const log = { info() {}, warn() {}, error() {} };
    const unreadable = vi.fn();
    const publisher = createPublisher([ZONE], createTable({}), () => expect.fail());
    const state = createServedState({
      publisher,
      zones: createServedZones([ZONE]),
      probersPerRegion: 1,
      alarms: createAlarms(log),
      failed: (error) => expect.fail(String(error)),
      unreadable,
    });
    state.replace({ epoch: 'e', revision: 1, documents: [stored(1, loadBalancer('good'))] });
    state.apply(put(2, loadBalancer('bad', over)));
    state.apply(put(3, loadBalancer('later')));
    expect(unreadable.mock.calls.map(([id]) => id)).toEqual(['bad']);
    expect([...state.loadBalancers.all].map(({ id }) => id)).toEqual(['good', 'later']);
    await vi.waitFor(() => expect(publisher.revision).toBe(3));
    const documents = [
      stored(1, loadBalancer('good')),
      stored(2, loadBalancer('bad', over)),
      stored(4, loadBalancer('last')),
    ];
    state.replace({ epoch: 'e', revision: 4, documents });
    // It is logged once, however often it is read.
    expect(unreadable).toHaveBeenCalledOnce();
    state.publication.publishSoon();
    await vi.waitFor(() => expect(publisher.revision).toBe(4));
    state.apply(put(5, loadBalancer('bad')));
    expect([...state.loadBalancers.all].map(({ id }) => id).sort()).toEqual(['bad', 'good', 'last']);
    state.stop();
  },
);

test('whether places are needed is counted, and no more found by a walk over all load balancers', () => {
  const served = createServedLoadBalancers();
  expect(served.needPlaces).toBe(false);
  const steps: readonly (readonly [Change, boolean])[] = [
    [put(1, loadBalancer('a')), false],
    [put(2, loadBalancer('b', PLACES)), true],
    [put(3, loadBalancer('b', { ...PLACES, description: 'x' })), true],
    [put(4, loadBalancer('b', { ...PLACES, enabled: false })), false],
    [put(5, loadBalancer('b', PLACES)), true],
    [put(6, loadBalancer('b', { ...PLACES, zoneName: 'org' })), true],
    [put(7, loadBalancer('c', PLACES)), true],
    [gone(8, 'b'), true],
    [gone(9, 'b'), true],
    [put(10, loadBalancer('c')), false],
    [put(11, loadBalancer('c', PLACES)), true],
    [gone(12, 'c'), false],
  ];
  for (const [change, needPlaces] of steps) {
    served.apply(change);
    expect(served.needPlaces, `revision ${change.revision}`).toBe(needPlaces);
  }
  served.load([stored(13, loadBalancer('d', PLACES))]);
  expect(served.needPlaces).toBe(true);
  served.load([]);
  expect(served.needPlaces).toBe(false);
});

test('a whole reading planned load balancers again that were as before', () => {
  const served = createServedLoadBalancers();
  const reading = (description: string) =>
    Array.from({ length: 20 }, (_, i) =>
      stored(i + 1, loadBalancer(`l${i}`, i === 7 ? { description } : {})),
    );
  served.load(reading('before'));
  const before = zoneOf(served);
  served.load(reading('after'));
  const after = zoneOf(served);
  // Both families of one.
  const were = inOneList(before).rrsets;
  expect(inOneList(after).rrsets.filter((set) => !were.includes(set))).toHaveLength(2);
});

test('a change of one of many load balancers was a change of all sets of the zone', () => {
  const stepsOfChange = (count: number) => {
    const served = createServedLoadBalancers();
    served.load(Array.from({ length: count }, (_, i) => stored(i + 1, loadBalancer(`l${i}`))));
    const zones = byApex([ZONE]);
    const source = { node: {}, byLatency: (ids: readonly string[]) => ids, choiceOf: withoutPool };
    const failed = (_: string, error: unknown): never => {
      throw error;
    };
    const publisher = createPublisher([], createTable(), failed, undefined, undefined, { ...source, failed });
    publisher.setZones(served.addTo(zones));
    publisher.publish([], 1);
    served.apply(put(count + 1, loadBalancer('l7', { description: 'other' })));
    publisher.setZones(served.addTo(zones));
    const steps = [...publisher.begin(2)].length;
    publisher.end();
    return steps;
  };
  expect(stepsOfChange(2_000)).toBe(stepsOfChange(20));
});

test('two load balancers of one name, which a store of another program may have: one stays when the other goes', () => {
  const served = createServedLoadBalancers();
  const name = 'www.example.org';
  served.apply(put(1, loadBalancer('a', { name })));
  served.apply(put(2, loadBalancer('b', { name })));
  served.apply(gone(3, 'a'));
  const left = inOneList(zoneOf(served)).rrsets.filter(isSteered);
  expect(left.map(({ steering }) => steering.loadBalancer.id)).toEqual(['b', 'b']);
  served.apply(gone(4, 'b'));
  expect(zoneOf(served).steered).toBeUndefined();
});
