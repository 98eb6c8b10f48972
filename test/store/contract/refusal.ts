import { describe, expect, test } from 'vitest';
import {
  type Committed,
  REFERRERS_MAX,
  type Refusal,
  type Write,
} from '../../../src/store/contract/documents.ts';
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
      { rule: 'put with the current ifRevision', writes: [putPool('p1', { ifRevision: 2 })], gets: 'ok' },
      {
        rule: 'put with an old ifRevision',
        writes: [putPool('p1', { ifRevision: 1 })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'put with a future ifRevision',
        writes: [putPool('p1', { ifRevision: 3 })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'put of an existing document with ifRevision 0',
        writes: [putPool('p1', { ifRevision: 0 })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'put of a new document with ifRevision 0',
        writes: [putPool('p3', { ifRevision: 0 })],
        gets: 'ok',
      },
      {
        rule: 'put of a missing document with its old revision in ifRevision',
        writes: [putPool('p3', { ifRevision: 2 })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'ifRevision sees earlier writes of the commit',
        writes: [putPool('p1'), putPool('p1', { ifRevision: 5 })],
        gets: 'ok',
      },
      {
        rule: 'ifRevision sees earlier deletes of the commit',
        writes: [remove('pool', 'p1'), putPool('p1', { ifRevision: 2 })],
        gets: { kind: 'conflict', at: 1 },
      },
      { rule: 'delete with the current revision', writes: [remove('pool', 'p1', 2)], gets: 'ok' },
      {
        rule: 'delete with an old revision in ifRevision',
        writes: [remove('pool', 'p1', 1)],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'delete of a missing document with ifRevision',
        writes: [remove('pool', 'p3', 1)],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'delete of a missing document',
        writes: [remove('pool', 'p3')],
        gets: { kind: 'not_found', at: 0 },
      },
      { rule: 'kinds are separate', writes: [remove('pool', 'm1')], gets: { kind: 'not_found', at: 0 } },
      {
        rule: 'deleting a document twice',
        writes: [remove('pool', 'p1'), remove('pool', 'p1')],
        gets: { kind: 'not_found', at: 1 },
      },
      {
        rule: 'a unique value of another document',
        writes: [putPool('p3', { unique: ['new', 'n1'] })],
        gets: { kind: 'not_unique', at: 0, value: 'n1', id: 'p1' },
      },
      {
        rule: 'the second unique value of another document',
        writes: [putPool('p3', { unique: ['alias'] })],
        gets: { kind: 'not_unique', at: 0, value: 'alias', id: 'p1' },
      },
      { rule: 'its own unique value, twice', writes: [putPool('p1', { unique: ['n1', 'n1'] })], gets: 'ok' },
      { rule: 'unique values are case-sensitive', writes: [putPool('p3', { unique: ['N1'] })], gets: 'ok' },
      { rule: 'a unique value of another kind', writes: [putMonitor('m3', { unique: ['n1'] })], gets: 'ok' },
      {
        rule: 'a unique value that an earlier write of the commit gave up',
        writes: [putPool('p1'), putPool('p2', { unique: ['n1'] })],
        gets: 'ok',
      },
      {
        rule: 'a unique value of a document deleted before',
        writes: [remove('pool', 'p1'), putPool('p2', { unique: ['n1', 'alias'] })],
        gets: 'ok',
      },
      {
        rule: 'a unique value that an earlier write of the commit took',
        writes: [putPool('p3', { unique: ['x'] }), putPool('p4', { unique: ['x'] })],
        gets: { kind: 'not_unique', at: 1, value: 'x', id: 'p3' },
      },
      {
        rule: 'a swap of unique values in two steps',
        writes: [putPool('p1', { unique: ['n2'] }), putPool('p2', { unique: ['n1'] })],
        gets: { kind: 'not_unique', at: 0, value: 'n2', id: 'p2' },
      },
      {
        rule: 'a swap of unique values in three steps',
        writes: [putPool('p1'), putPool('p2', { unique: ['n1'] }), putPool('p1', { unique: ['n2'] })],
        gets: 'ok',
      },
      {
        rule: 'a reference to a missing document',
        writes: [putPool('p3', { references: [m1, { kind: 'monitor', id: 'm2' }] })],
        gets: { kind: 'dangling', at: 0, reference: { kind: 'monitor', id: 'm2' } },
      },
      {
        rule: 'a reference to the wrong kind',
        writes: [putPool('p3', { references: [{ kind: 'pool', id: 'm1' }] })],
        gets: { kind: 'dangling', at: 0, reference: { kind: 'pool', id: 'm1' } },
      },
      {
        rule: 'a reference to a document that the commit created before',
        writes: [putMonitor('m2'), putPool('p3', { references: [{ kind: 'monitor', id: 'm2' }] })],
        gets: 'ok',
      },
      {
        rule: 'a reference to a document that the commit creates later',
        writes: [putPool('p3', { references: [{ kind: 'monitor', id: 'm2' }] }), putMonitor('m2')],
        gets: { kind: 'dangling', at: 0, reference: { kind: 'monitor', id: 'm2' } },
      },
      {
        rule: 'a reference to a document that the commit deleted',
        writes: [remove('pool', 'p1'), putPool('p3', { references: [p1] })],
        gets: { kind: 'dangling', at: 1, reference: p1 },
      },
      {
        rule: 'a reference of a document to itself',
        writes: [putPool('p3', { references: [{ kind: 'pool', id: 'p3' }] })],
        gets: 'ok',
      },
      {
        rule: 'deleting a document with two referrers',
        writes: [remove('monitor', 'm1')],
        gets: { kind: 'referenced', at: 0, by: [p1, p2] },
      },
      {
        rule: 'deleting a document with one referrer left',
        writes: [remove('pool', 'p1'), remove('monitor', 'm1')],
        gets: { kind: 'referenced', at: 1, by: [p2] },
      },
      {
        rule: 'deleting a document that the commit began to refer to',
        writes: [
          putMonitor('m2'),
          putPool('p1', { references: [{ kind: 'monitor', id: 'm2' }] }),
          remove('monitor', 'm2'),
        ],
        gets: { kind: 'referenced', at: 2, by: [p1] },
      },
      {
        rule: 'deleting all referrers and then the document',
        writes: [remove('pool', 'p1'), remove('pool', 'p2'), remove('monitor', 'm1')],
        gets: 'ok',
      },
      {
        rule: 'deleting a document without referrers',
        writes: [putPool('p1'), putPool('p2'), remove('monitor', 'm1')],
        gets: 'ok',
      },
      { rule: 'deleting a document that refers to itself', writes: [remove('pool', 'self')], gets: 'ok' },
      {
        rule: 'a reference with the current revision',
        writes: [putPool('p3', { references: [{ ...p1, ifRevision: 2 }, m1] })],
        gets: 'ok',
      },
      {
        rule: 'a reference with an older revision',
        writes: [putPool('p3', { references: [m1, { ...p1, ifRevision: 1 }] })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'a reference with the revision of a deleted document',
        writes: [remove('pool', 'p1'), putPool('p3', { references: [{ ...p1, ifRevision: 2 }] })],
        gets: { kind: 'dangling', at: 1, reference: p1 },
      },
      {
        rule: 'ifReferrers names all referrers, and one that is missing',
        writes: [putMonitor('m1', { ifReferrers: { kind: 'pool', ids: ['p1', 'p2', 'p9'] } })],
        gets: 'ok',
      },
      {
        rule: 'ifReferrers lacks a referrer',
        writes: [putMonitor('m1', { ifReferrers: { kind: 'pool', ids: ['p1'] } })],
        gets: { kind: 'conflict', at: 0 },
      },
      {
        rule: 'ifReferrers ignores a deleted referrer and a referrer of another kind',
        writes: [remove('pool', 'p2'), putMonitor('m1', { ifReferrers: { kind: 'pool', ids: ['p1'] } })],
        gets: 'ok',
      },
      {
        rule: 'ifReferrers lacks a referrer that the commit created before',
        writes: [
          putPool('p3', { references: [m1] }),
          putMonitor('m1', { ifReferrers: { kind: 'pool', ids: ['p1', 'p2'] } }),
        ],
        gets: { kind: 'conflict', at: 1 },
      },
      {
        rule: 'ifReferrers ignores the document itself and other kinds',
        writes: [
          putPool('self', { references: [p1], ifReferrers: { kind: 'pool', ids: [] } }),
          putPool('p1', { ifReferrers: { kind: 'override', ids: [] } }),
        ],
        gets: 'ok',
      },
      {
        rule: 'deleting a document and putting it again',
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

    test('similar names are kept separate', async () => {
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

    test(`a refusal to delete names at most ${REFERRERS_MAX} referrers, the first in order`, async () => {
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
