import { expect, test } from 'vitest';
import { AUDITED_COMMIT_MAX, AUDITED_MAX, auditOf, type Changed } from '../../../src/admin/access/audit.ts';
import type { Call } from '../../../src/admin/access/call.ts';
import type { Monitor } from '../../../src/check/monitor.ts';
import { WRITES_MAX } from '../../../src/store/contract/documents.ts';

const call = { caller: { name: 'ann' }, method: 'POST', atMs: 0 } as Call;

/** The making of a monitor whose JSON has so many characters. */
function madeWith(characters: number): Changed {
  const bare = JSON.stringify({ description: '' }).length;
  const value = { description: 'x'.repeat(characters - bare) } as Monitor;
  return {
    write: { op: 'put', kind: 'monitor', id: 'm', value, unique: [], references: [] },
    before: undefined,
  };
}

const after = async (changes: readonly Changed[]) =>
  (await auditOf(call, changes, new Map())).map((event) => event.after);

test('an audit event keeps an object up to its bound, and leaves out one that is longer', async () => {
  expect(await after([madeWith(AUDITED_MAX)])).toEqual([{ description: expect.any(String) }]);
  expect(await after([madeWith(AUDITED_MAX + 1)])).toEqual([{ leftOut: true, length: AUDITED_MAX + 1 }]);
});

test('the largest commit keeps objects up to their share of its bound, and leaves out longer ones', async () => {
  const share = Math.floor(AUDITED_COMMIT_MAX / (2 * WRITES_MAX));
  const all = (characters: number) => Array.from({ length: WRITES_MAX }, () => madeWith(characters));
  const kept = await after(all(share));
  expect(kept.every((each) => JSON.stringify(each).length === share)).toBe(true);
  expect(await after(all(share + 1))).toEqual(kept.map(() => ({ leftOut: true, length: share + 1 })));
});
