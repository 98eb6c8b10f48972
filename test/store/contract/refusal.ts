import { describe, expect, test } from 'vitest';
import { type Committed, REFERRERS_MAX, type Refusal, type Write } from '../../../src/store/store.ts';
import type { StoreUnderTest } from './contract.ts';
import { pool, putMonitor, putPool, remove } from './samples.ts';

const m1 = { kind: 'monitor', id: 'm1' } as const;

/** What a commit refuses, and what it lets pass. */
export function refusalRules(under: () => StoreUnderTest): void {
  const commit = (...writes: Write[]): Promise<Committed> => under().store.commit(writes);

  describe('refusals', () => {
    const given = [
      putMonitor('m1'), // revision 1
      putPool('p1', { unique: ['n1', 'alias'], references: [m1] }), // revision 2
      putPool('p2', { unique: ['n2'], references: [m1] }), // revision 3
      putPool('self', { references: [{ kind: 'pool', id: 'self' }] }), // revision 4
    ];
    const p1 = { kind: 'pool', id: 'p1' } as const;
    const p2 = { kind: 'pool', id: 'p2' } as const;
    const cases: { rule: string; writes: Write[]; gets: Refusal | 'ok' }[] = [
      { rule: 'put, ifRevision holds', writes: [putPool('p1', { ifRevision: 2 })], gets: 'ok' },
      {
        rule: 'put, ifRevision is old',
        writes: [putPool('p1', { ifRevision: 1 })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'put, ifRevision is ahead',
        writes: [putPool('p1', { ifRevision: 3 })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'put, ifRevision 0 of what is there',
        writes: [putPool('p1', { ifRevision: 0 })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'put, ifRevision 0 of what is not there',
        writes: [putPool('p3', { ifRevision: 0 })],
        gets: 'ok',
      },
      {
        rule: 'put, ifRevision of what is gone',
        writes: [putPool('p3', { ifRevision: 2 })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'ifRevision sees writes before it',
        writes: [putPool('p1'), putPool('p1', { ifRevision: 5 })],
        gets: 'ok',
      },
      {
        rule: 'ifRevision sees deletes before it',
        writes: [remove('pool', 'p1'), putPool('p1', { ifRevision: 2 })],
        gets: { kind: 'conflict', at: 1 },
      },
      { rule: 'delete, ifRevision holds', writes: [remove('pool', 'p1', 2)], gets: 'ok' },
      {
        rule: 'delete, ifRevision is old',
        writes: [remove('pool', 'p1', 1)],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'delete, ifRevision of what is gone',
        writes: [remove('pool', 'p3', 1)],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'delete of what is not there',
        writes: [remove('pool', 'p3')],
        gets: { kind: 'not_found', at: 0 },
      },
      { rule: 'kinds are apart', writes: [remove('pool', 'm1')], gets: { kind: 'not_found', at: 0 } },
      {
        rule: 'deleting twice',
        writes: [remove('pool', 'p1'), remove('pool', 'p1')],
        gets: { kind: 'not_found', at: 1 },
      },
      {
        rule: 'a value of another',
        writes: [putPool('p3', { unique: ['new', 'n1'] })],
        gets: { kind: 'not_unique', at: 0, value: 'n1', id: 'p1' },
      },
      {
        rule: 'a second value of another',
        writes: [putPool('p3', { unique: ['alias'] })],
        gets: { kind: 'not_unique', at: 0, value: 'alias', id: 'p1' },
      },
      { rule: 'its own value', writes: [putPool('p1', { unique: ['n1', 'n1'] })], gets: 'ok' },
      { rule: 'values are compared as they are', writes: [putPool('p3', { unique: ['N1'] })], gets: 'ok' },
      { rule: 'a value of another kind', writes: [putMonitor('m3', { unique: ['n1'] })], gets: 'ok' },
      {
        rule: 'a value that the writes before gave up',
        writes: [putPool('p1'), putPool('p2', { unique: ['n1'] })],
        gets: 'ok',
      },
      {
        rule: 'a value freed by a delete',
        writes: [remove('pool', 'p1'), putPool('p2', { unique: ['n1', 'alias'] })],
        gets: 'ok',
      },
      {
        rule: 'a value that the writes before took',
        writes: [putPool('p3', { unique: ['x'] }), putPool('p4', { unique: ['x'] })],
        gets: { kind: 'not_unique', at: 1, value: 'x', id: 'p3' },
      },
      {
        rule: 'a swap in two steps takes a value too early',
        writes: [putPool('p1', { unique: ['n2'] }), putPool('p2', { unique: ['n1'] })],
        gets: { kind: 'not_unique', at: 0, value: 'n2', id: 'p2' },
      },
      {
        rule: 'a swap in three steps',
        writes: [putPool('p1'), putPool('p2', { unique: ['n1'] }), putPool('p1', { unique: ['n2'] })],
        gets: 'ok',
      },
      {
        rule: 'a reference to nothing',
        writes: [putPool('p3', { references: [m1, { kind: 'monitor', id: 'm2' }] })],
        gets: { kind: 'dangling', at: 0, reference: { kind: 'monitor', id: 'm2' } },
      },
      {
        rule: 'a reference to the wrong kind',
        writes: [putPool('p3', { references: [{ kind: 'pool', id: 'm1' }] })],
        gets: { kind: 'dangling', at: 0, reference: { kind: 'pool', id: 'm1' } },
      },
      {
        rule: 'a reference to what the commit made before',
        writes: [putMonitor('m2'), putPool('p3', { references: [{ kind: 'monitor', id: 'm2' }] })],
        gets: 'ok',
      },
      {
        rule: 'a reference to what the commit makes later',
        writes: [putPool('p3', { references: [{ kind: 'monitor', id: 'm2' }] }), putMonitor('m2')],
        gets: { kind: 'dangling', at: 0, reference: { kind: 'monitor', id: 'm2' } },
      },
      {
        rule: 'a reference to what the commit deleted',
        writes: [remove('pool', 'p1'), putPool('p3', { references: [p1] })],
        gets: { kind: 'dangling', at: 1, reference: p1 },
      },
      {
        rule: 'a reference to itself',
        writes: [putPool('p3', { references: [{ kind: 'pool', id: 'p3' }] })],
        gets: 'ok',
      },
      {
        rule: 'deleting what two refer to',
        writes: [remove('monitor', 'm1')],
        gets: { kind: 'referenced', at: 0, by: [p1, p2] },
      },
      {
        rule: 'deleting what one still refers to',
        writes: [remove('pool', 'p1'), remove('monitor', 'm1')],
        gets: { kind: 'referenced', at: 1, by: [p2] },
      },
      {
        rule: 'deleting what the commit began to refer to',
        writes: [
          putMonitor('m2'),
          putPool('p1', { references: [{ kind: 'monitor', id: 'm2' }] }),
          remove('monitor', 'm2'),
        ],
        gets: { kind: 'referenced', at: 2, by: [p1] },
      },
      {
        rule: 'deleting referrers and then what they refer to',
        writes: [remove('pool', 'p1'), remove('pool', 'p2'), remove('monitor', 'm1')],
        gets: 'ok',
      },
      {
        rule: 'deleting what nobody refers to any more',
        writes: [putPool('p1'), putPool('p2'), remove('monitor', 'm1')],
        gets: 'ok',
      },
      { rule: 'deleting what refers to itself', writes: [remove('pool', 'self')], gets: 'ok' },
      {
        rule: 'a reference to the revision that there is',
        writes: [putPool('p3', { references: [{ ...p1, ifRevision: 2 }, m1] })],
        gets: 'ok',
      },
      {
        rule: 'a reference to an older revision',
        writes: [putPool('p3', { references: [m1, { ...p1, ifRevision: 1 }] })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'a reference to a revision of what is gone',
        writes: [remove('pool', 'p1'), putPool('p3', { references: [{ ...p1, ifRevision: 2 }] })],
        gets: { kind: 'dangling', at: 1, reference: p1 },
      },
      {
        rule: 'the only referrers of a kind, and some that are gone',
        writes: [putMonitor('m1', { ifReferrers: { kind: 'pool', ids: ['p1', 'p2', 'p9'] } })],
        gets: 'ok',
      },
      {
        rule: 'a referrer that the writer did not know of',
        writes: [putMonitor('m1', { ifReferrers: { kind: 'pool', ids: ['p1'] } })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'a referrer that the commit deleted, and one of another kind, are no others',
        writes: [remove('pool', 'p2'), putMonitor('m1', { ifReferrers: { kind: 'pool', ids: ['p1'] } })],
        gets: 'ok',
      },
      {
        rule: 'a referrer that the commit made before',
        writes: [
          putPool('p3', { references: [m1] }),
          putMonitor('m1', { ifReferrers: { kind: 'pool', ids: ['p1', 'p2'] } }),
        ],
        gets: { kind: 'conflict', at: 1 },
      },
      {
        rule: 'what refers to itself is no other, and other kinds do not count',
        writes: [
          putPool('self', { references: [p1], ifReferrers: { kind: 'pool', ids: [] } }),
          putPool('p1', { ifReferrers: { kind: 'override', ids: [] } }),
        ],
        gets: 'ok',
      },
      {
        rule: 'deleting and putting again',
        writes: [remove('pool', 'p1'), putPool('p1', { ifRevision: 0, unique: ['n1'] })],
        gets: 'ok',
      },
    ];

    test.each(cases)('$rule', async ({ writes, gets }) => {
      for (const write of given) await commit(write);
      const before = await under().store.read();
      const committed = await commit(...writes);
      if (gets === 'ok') {
        expect(committed).toEqual({ ok: true, revision: 5 });
        return;
      }
      expect(committed).toEqual({ ok: false, refusal: gets });
      expect(await under().store.read()).toEqual(before);
    });

    test('names that look alike are kept apart', async () => {
      const odd = ['a/b', 'a', 'a/', '/a', '1:a', 'ä', 'A', 'a b', ' ', 'put a'];
      for (const id of odd)
        expect(await commit(putPool(id, { unique: [id], references: [{ kind: 'pool', id }] }))).toMatchObject(
          { ok: true },
        );
      const { documents } = await under().store.read();
      expect(documents.map(({ id }) => id).sort()).toEqual([...odd].sort());
      for (const id of odd) {
        expect((await under().store.get('pool', id))?.value).toEqual(pool(id));
        expect(await commit(putPool('late', { unique: [id] }))).toMatchObject({ refusal: { value: id, id } });
      }
      await commit(putMonitor('m'), putPool('user', { references: [{ kind: 'pool', id: 'a' }] }));
      for (const id of odd.filter((each) => each !== 'a'))
        expect(await commit(remove('pool', id))).toMatchObject({ ok: true });
      expect(await commit(remove('pool', 'a'))).toEqual({
        ok: false,
        refusal: { kind: 'referenced', at: 0, by: [{ kind: 'pool', id: 'user' }] },
      });
    });

    test(`a refusal to delete names ${REFERRERS_MAX} referrers at most, the first in order`, async () => {
      const name = (i: number) => `p${String(i).padStart(4, '0')}`;
      await commit(putMonitor('m1'));
      const users = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, i) => putPool(name(from + i), { references: [m1] }));
      await commit(...users(0, 999));
      await commit(...users(999, 999 + REFERRERS_MAX));
      const named = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, i) => ({ kind: 'pool', id: name(from + i) }));
      expect(await commit(remove('monitor', 'm1'))).toEqual({
        ok: false,
        refusal: { kind: 'referenced', at: 0, by: named(0, REFERRERS_MAX) },
      });
      // As many as one commit can take away still leave all the others found.
      const removals = Array.from({ length: 999 }, (_, i) => remove('pool', name(i)));
      expect(await commit(...removals, remove('monitor', 'm1'))).toEqual({
        ok: false,
        refusal: { kind: 'referenced', at: 999, by: named(999, 999 + REFERRERS_MAX) },
      });
    });
  });
}
