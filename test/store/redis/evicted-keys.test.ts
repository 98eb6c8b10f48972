/** A Redis with an evicting policy throws away whole keys (https://redis.io/docs/latest/develop/reference/eviction/). */
import type { Redis } from 'ioredis';
import { beforeEach, expect, test } from 'vitest';
import type { ReportedEvent } from '../../../src/event/event.ts';
import { FIRST_LOOK } from '../../../src/event/reported.ts';
import { describeDamage } from '../../../src/store/integrity/damage.ts';
import type { RepairableStore } from '../../../src/store/integrity/repair.ts';
import { type Keys, keysUnder } from '../../../src/store/redis/keys.ts';
import { here, record } from '../contract/recorder.ts';
import {
  audit,
  event,
  monitor,
  node,
  observation,
  pool,
  publish,
  putPool,
  worker,
} from '../contract/samples.ts';
import { redisForTests } from './redis-for-tests.ts';

const GONE: ReportedEvent = {
  kind: 'region',
  region: 'eu',
  was: 'live',
  now: 'absent',
  reason: 'its workers are gone',
  atMs: 1_700_000_000_000,
};
const RULE =
  'must have what was written to it, which is lost for good; "lifeguard store repair" ends this report';

/**
 * What an eviction of each key is. `loss`: of documents, which stops writes (loss.test.ts); `told`: of what cannot be found again;
 * `by itself`: it is written again, or ends soon.
 */
const DECIDED: Readonly<Record<keyof Keys, 'loss' | 'told' | 'by itself'>> = {
  meta: 'loss',
  documents: 'loss',
  claims: 'loss',
  unique: 'loss',
  references: 'loss',
  // Followers read everything again; what they know of the history is in the links.
  changes: 'by itself',
  // Until the next write (lost-names.test.ts).
  links: 'told',
  observations: 'by itself',
  observed: 'by itself',
  workers: 'by itself',
  leases: 'by itself',
  events: 'told',
  reportedEvents: 'told',
  auditEvents: 'told',
  lead: 'by itself',
  reported: 'told',
  cursors: 'told',
  nodes: 'by itself',
  nodeEnds: 'by itself',
  previews: 'by itself',
  previewEnds: 'by itself',
  previewTakers: 'by itself',
  previewsFound: 'by itself',
  previewAskers: 'by itself',
};
const decidedAs = (what: string) =>
  (Object.keys(DECIDED) as (keyof Keys)[]).filter((name) => DECIDED[name] === what && name !== 'links');

let raw: Redis;
let store: RepairableStore;
const keys = keysUnder('e');
redisForTests('e', (made) => {
  ({ raw, store } = made);
});
beforeEach(async () => {
  await writeAll('a');
});

/** Writes to every key that holds what cannot be found again, and to all others of the store but previews. */
async function writeAll(name: string): Promise<void> {
  expect(await store.commit([putPool(name, { unique: [name] })], [audit(name)])).toMatchObject({ ok: true });
  await publish(store, { put: [{ observation: observation(name), changed: true }], events: [event(name)] });
  const lead = (await store.lead('n'))!;
  await store.report(lead, { put: [FIRST_LOOK], drop: [], events: [GONE] });
  expect(await store.moveCursor(lead, 'webhook/ops', '1-1')).toBe('moved');
}
async function damaged(): Promise<string[]> {
  const found: string[] = [];
  await store.examine!((each) => found.push(describeDamage(each)));
  return found;
}
async function repair(): Promise<void> {
  const read = await store.read();
  const kept = read.documents.map((document) => {
    return { document, isChanged: false, unique: [document.id], references: [] };
  });
  await store.repair({ readAt: read, kept, deleted: [] });
}

test.each(decidedAs('told'))(
  'an eviction of %s was not noticed, and readers of it went on as if there had been nothing: it is reported until a repair',
  async (name) => {
    expect(await damaged()).toEqual([]);
    await raw.del(keys[name]);
    const told = [`${keys[name]}: ${RULE}`];
    // Readers and followers of the store notice.
    await store.read();
    expect([...store.damage!.records.values()].map(describeDamage)).toEqual(told);
    expect(await damaged()).toEqual(told);
    // The report also stays when the key is written again.
    await writeAll('b');
    expect(await damaged()).toEqual(told);
    await repair();
    expect(await damaged()).toEqual([]);
    await writeAll('c');
    expect(await damaged()).toEqual([]);
  },
);

test('an eviction that nobody noticed before the key was written again is reported all the same', async () => {
  const lost = decidedAs('told');
  await raw.del(...lost.map((name) => keys[name]));
  await writeAll('b');
  expect((await damaged()).sort()).toEqual(lost.map((name) => `${keys[name]}: ${RULE}`).sort());
});

test.each(decidedAs('by itself'))(
  'an eviction of %s costs nothing that is not written again by itself',
  async (name) => {
    const seen = record(store, await here(store));
    const lease = await store.join(worker('w'));
    await store.announce(node('n'));
    await store.requestPreview({ id: 'first', monitor: monitor('m'), pools: [pool('p')] });
    await store.takePreview(lease);
    await raw.del(keys[name]);
    expect(await damaged()).toEqual([]);
    if (name === 'workers' || name === 'leases') {
      expect(await store.renew(lease)).toBe('lost');
      await store.join(worker('w'));
    }
    await writeAll('b');
    expect((await store.workers()).length).toBeGreaterThan(0);
    expect((await store.observations()).observations.length).toBeGreaterThan(0);
    await seen.until(() => seen.changes.length === 1 || seen.lost() === 1);
    // Another preview runs as usual. The first one may be gone: it would have ended a minute later anyway.
    await store.requestPreview({ id: 'next', monitor: monitor('m'), pools: [pool('p')] });
    const other = await store.join(worker('w2'));
    const taken = await Promise.all([store.takePreview(other), store.takePreview(other)]);
    expect(taken.map((request) => request?.id)).toContain('next');
    await store.announce(node('n'));
    expect(await store.nodes()).toEqual([node('n')]);
    expect(await damaged()).toEqual([]);
  },
);
