import { expect, test } from 'vitest';
import type { Worker } from '../../../src/check/worker.ts';
import {
  createRefusalsLog,
  createStoreRefusals,
  REFUSAL_KEPT_MS,
} from '../../../src/serve/alarm/store-refusals.ts';
import { StoreRefused } from '../../../src/store/contract/failure.ts';
import type { Store } from '../../../src/store/store.ts';

const FULL = 'Redis is out of memory';
const write = { op: 'delete', kind: 'pool', id: 'a' } as const;

/** A store that refuses the calls named, and a clock. */
function watched(refuses?: (name: string) => string) {
  const refusing = new Set<string>();
  const clock = { ms: 0 };
  const call = (name: string, value: unknown) => async () => {
    if (refuses !== undefined || refusing.has(name)) throw new StoreRefused(refuses?.(name) ?? FULL);
    return value;
  };
  const names = ['publish', 'join', 'renew', 'lead', 'renewLead', 'report', 'moveCursor'] as const;
  const others = ['announce', 'commit', 'requestPreview', 'answerPreview'] as const;
  const store = Object.fromEntries([...names, ...others].map((name) => [name, call(name, name)]));
  const refusals = createStoreRefusals(() => clock.ms);
  return { refusing, clock, refusals, store: refusals.watch(store as unknown as Store) };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a write that the store refused was taken for a store that is away', async () => {
  const { refusing, refusals, store } = watched();
  expect(refusals.why).toBeUndefined();
  refusing.add('commit');
  await expect(store.commit([write])).rejects.toThrow(FULL);
  expect(refusals.why).toBe(FULL);
});

test('each announcement asks whether the store accepts commits again', async () => {
  const { refusing, refusals, store } = watched();
  refusing.add('commit');
  await expect(store.commit([write])).rejects.toThrow();
  await store.announce({} as never);
  await settle();
  expect(refusals.why).toBe(FULL);
  refusing.clear();
  await store.announce({} as never);
  await settle();
  expect(refusals.why).toBeUndefined();
});

test('a refusal ends after its time without a new one, or at once when an announcement that was refused succeeds', async () => {
  const { refusing, clock, refusals, store } = watched();
  refusing.add('report');
  await expect(store.report({} as never, {} as never)).rejects.toThrow();
  clock.ms += REFUSAL_KEPT_MS - 1;
  expect(refusals.why).toBe(FULL);
  clock.ms += 1;
  expect(refusals.why).toBeUndefined();
  refusing.add('announce');
  await expect(store.report({} as never, {} as never)).rejects.toThrow();
  await expect(store.announce({} as never)).rejects.toThrow();
  refusing.clear();
  await store.announce({} as never);
  expect(refusals.why).toBeUndefined();
});

test('of two causes of refusals, each was reported in turn, with an alarm every second', async () => {
  const said: string[] = [];
  const { refusals, store } = watched((name) => (name === 'commit' ? FULL : 'Redis is a read-only replica'));
  const raise = (_: unknown, detail: string) => void said.push(detail);
  const log = createRefusalsLog({ raise, end: () => void said.push('over'), raised: new Map() });
  const worker = (id: string, refusal: string): Worker => ({ id, region: 'eu', startedAtMs: 0, refusal });
  for (let i = 0; i < 3; i += 1) {
    for (const call of [() => store.commit([write]), () => store.report({} as never, {} as never)])
      await expect(call()).rejects.toThrow();
    const workers = [worker('a', FULL), worker('b', 'Redis cannot save its data to disk')];
    log.look(refusals.why, i % 2 === 0 ? workers : workers.reverse());
  }
  expect(said).toEqual([FULL, `workers in eu: ${FULL}`]);
});
