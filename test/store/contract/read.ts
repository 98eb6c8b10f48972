import { describe, expect, test } from 'vitest';
import {
  BROUGHT_FORWARD_MAX,
  type Configuration,
  type Write,
} from '../../../src/store/contract/documents.ts';
import { documentsOf } from '../../../src/store/reading/of-kind.ts';
import type { StoreUnderTest } from './contract.ts';
import { putLoadBalancer, putMonitor, putPool, putZone, remove } from './samples.ts';

const sorted = ({ documents, ...rest }: Configuration) => ({
  ...rest,
  documents: documents.toSorted((a, b) => (`${a.kind}/${a.id}` < `${b.kind}/${b.id}` ? -1 : 1)),
});

/** Reading again what was read before. */
export function readRules(under: () => StoreUnderTest): void {
  const commit = (...writes: Write[]) => under().another().commit(writes);

  describe('an earlier reading', () => {
    test('is returned itself while nothing changes', async () => {
      const empty = await under().store.read();
      expect(await under().store.read(empty)).toBe(empty);
      await commit(putPool('p'));
      const read = await under().store.read(empty);
      expect(read.documents).toHaveLength(1);
      expect(await under().store.read(read)).toBe(read);
      expect(empty.documents).toEqual([]);
    });

    test('is updated to the same as a complete reading by puts, replacements and deletions', async () => {
      await commit(putPool('kept'), putPool('changed'), putPool('gone'), putMonitor('kept'));
      const { store } = under();
      const before = await store.read();
      const kept = before.documents.find(({ kind, id }) => kind === 'pool' && id === 'kept')!;
      await commit(putPool('changed', {}, { description: 'x' }), remove('pool', 'gone'));
      await commit(putPool('new'), putPool('passing'));
      await commit(remove('pool', 'passing'), putPool('gone', {}, { description: 'again' }));
      const after = await store.read(before);
      expect(sorted(after)).toEqual(sorted(await store.read()));
      expect(after.revision).toBe(4);
      expect(after.documents).toContain(kept);
      expect(before).toMatchObject({ revision: 1, documents: { length: 4 } });
    });

    test('has the same record of deletions as a complete reading', async () => {
      const { store } = under();
      const empty = await store.read();
      expect(empty.deletions).toBeUndefined();
      const known = async () => {
        const whole = (await store.read()).deletions;
        expect((await store.read(empty)).deletions).toEqual(whole);
        return whole;
      };
      await commit(putPool('p'), putPool('q'), putMonitor('m'));
      expect(await known()).toEqual({ since: 0, pool: 0 });
      await commit(remove('pool', 'p'));
      await commit(putPool('p'), remove('monitor', 'm'));
      expect(await known()).toEqual({ since: 0, pool: 2 });
      // As followers are told it: what came and went within one revision, too.
      await commit(putPool('r'), remove('pool', 'r'));
      expect(await known()).toEqual({ since: 0, pool: 4 });
      await commit(remove('pool', 'p'), putPool('p'));
      await commit(remove('pool', 'q'));
      // What was of a load balancer that is gone, nobody knows.
      await commit(putLoadBalancer('l'));
      await commit(remove('load_balancer', 'l'));
      expect(await known()).toEqual({ since: 8, pool: 6 });
      await store.adopt();
      expect((await store.read()).deletions).toEqual({ since: 8, pool: 6 });
    });

    test('shows the deletion of what was in one zone by the revision of that zone', async () => {
      const { store } = under();
      await commit(putZone('z'), putZone('y'));
      await commit(putLoadBalancer('l'), putLoadBalancer('m'));
      const known = await store.read();
      await commit({ ...remove('load_balancer', 'l'), zone: 'z' });
      const whole = await store.read();
      for (const read of [whole, await store.read(known)]) {
        expect(read.deletions).toEqual({ since: 0, pool: 0 });
        const zones = documentsOf(read.documents, 'zone').map(({ id, revision }) => `${id} ${revision}`);
        expect(zones.sort()).toEqual(['y 1', 'z 3']);
        expect(read.loss).toBeUndefined();
      }
      // Of a zone that is gone nothing has a serial any more.
      await commit(remove('zone', 'z'));
      await commit({ ...remove('load_balancer', 'm'), zone: 'z' });
      expect((await store.read()).deletions).toEqual({ since: 0, pool: 0 });
      expect((await store.read(known)).deletions).toEqual({ since: 0, pool: 0 });
    });

    test('does not matter when it is too old, of another history, or ahead', async () => {
      const { store } = under();
      await commit(putPool('p'));
      const before = await store.read();
      for (let n = 0; n <= BROUGHT_FORWARD_MAX; n += 1)
        await commit(putPool('p', {}, { minimumOrigins: n % 8 }));
      const now = await store.read();
      expect(await store.read(before)).toEqual(now);
      expect(await store.read({ ...now, epoch: 'another', documents: [] })).toEqual(now);
      expect(await store.read({ ...now, revision: now.revision + 1, documents: [] })).toEqual(now);
    });
  });
}
