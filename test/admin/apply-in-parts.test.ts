import { expect, test } from 'vitest';
import { apiError } from '../../src/admin/http/errors.ts';
import { type Committed, WRITES_MAX } from '../../src/store/contract/documents.ts';
import {
  StoreDamaged,
  StoreRefused,
  StoreUnavailable,
  StoreUncertain,
} from '../../src/store/contract/failure.ts';
import type { Store } from '../../src/store/store.ts';
import { type Answer, startTestAdmin } from './server.ts';

const conflict: Committed = { ok: false, refusal: { kind: 'conflict', at: 0 } };
const pools = Array.from({ length: WRITES_MAX + 500 }, (_, i) => ({
  name: `p${i}`,
  origins: [{ name: 'a', address: '192.0.2.1' }],
}));

/** Applies a document of two commits, of which `second` answers the second and all later; and how many objects are stored. */
async function applied(
  second: () => Committed | Error,
): Promise<{ answer: Answer; stored: number; lines: Record<string, unknown>[] }> {
  const { store } = await startTestAdmin();
  let commits = 0;
  let isAway = false;
  const parted = Object.assign(Object.create(store) as Store, {
    commit: (async (...all) => {
      commits += 1;
      if (commits === 1) return store.commit(...all);
      const answer = second();
      if (answer instanceof Error) throw answer;
      isAway = true;
      return answer;
    }) as Store['commit'],
    read: ((known) =>
      isAway ? Promise.reject(new StoreUnavailable('Redis is away')) : store.read(known)) as Store['read'],
    close: async () => {},
  });
  const api = await startTestAdmin({ store: parted });
  const answer = await api.call('POST', '/lifeguard/v1/apply', { pools });
  const logged = api.logged().trimEnd().split('\n');
  const lines = logged.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { answer, stored: (await store.read()).documents.length, lines };
}

test.each<{ rule: string; second: () => Committed | Error; why: string; status?: number; next?: number[] }>([
  { rule: 'unreachable', second: () => new StoreUnavailable('away'), why: 'the store is unreachable' },
  { rule: 'unreachable after a conflict', second: () => conflict, why: 'the store is unreachable' },
  {
    rule: 'silent',
    second: () => new StoreUncertain('away'),
    why: 'the store is unreachable, and may have some of it',
  },
  {
    rule: 'full',
    second: () => new StoreRefused('Redis is out of memory'),
    why: 'the store refuses it (Redis is out of memory)',
  },
  {
    rule: 'damaged',
    second: () => new StoreDamaged('1 of 2 pools are missing'),
    why: 'the store has lost data (1 of 2 pools are missing)',
  },
  {
    rule: 'at a limit',
    second: () => apiError('limitReached', { count: 2, what: 'pools', bound: 'the bound', max: 1 }),
    why: 'the next errors are about the rest',
    status: 403,
    next: [1404],
  },
])(
  'the answer tells how much of a document is stored when the store is $rule for the second part (once: "Nothing was written")',
  async ({ second, why, status = 503, next = [] }) => {
    const { answer, stored, lines } = await applied(second);
    expect([answer.status, stored]).toEqual([status, WRITES_MAX]);
    const [first, ...rest] = answer.body.errors;
    expect(first).toEqual({
      code: 1512,
      message: `Lifeguard stored ${WRITES_MAX} of the changes of this document. It could not store the rest: ${why}. Apply the document again once you have solved this.`,
    });
    expect(rest.map(({ code }: { code: number }) => code)).toEqual(next);
    // Nobody who reads the log learned of it.
    expect(lines.filter(({ msg }) => String(msg).startsWith('document applied'))).toEqual([
      expect.objectContaining({
        level: 'warn',
        changes: WRITES_MAX,
        err: expect.objectContaining({ message: expect.any(String) }),
        msg: 'document applied in part: the rest could not be stored',
      }),
    ]);
  },
);
