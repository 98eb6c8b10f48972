import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { cacheReads, KEPT_DOCUMENTS_MAX, READ_KEPT_MS } from '../../src/store/cached-reads.ts';
import type { Configuration } from '../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../src/store/contract/failure.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import { openRedisStore } from '../../src/store/redis/redis.ts';
import type { Store } from '../../src/store/store.ts';
import { type RedisServer, startRedis } from '../support/server/redis.ts';
import { commitRules } from './contract/commit.ts';
import type { StoreUnderTest } from './contract/contract.ts';
import { modelRules } from './contract/model-run.ts';
import { readRules } from './contract/read.ts';
import { pool, putPool } from './contract/samples.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function open(): Promise<StoreUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'lifeguard-store-'));
  const behind = openEmbeddedStore(join(directory, 'store.db'));
  // Rules about time and about what is forgotten are the store's own, and nothing here that runs needs them.
  const pass = async () => undefined;
  return {
    store: cacheReads(behind),
    another: () => behind,
    passLead: pass,
    passLease: pass,
    passAnnouncement: pass,
    passPreviews: pass,
    forgetChanges: pass,
    close: async () => {
      await behind.close();
      await rm(directory, { recursive: true });
    },
  };
}

describe('store behind a cache', () => {
  let current: StoreUnderTest;
  beforeEach(async () => {
    current = await open();
  });
  afterEach(() => current.close());
  commitRules(() => current);
  readRules(() => current);
  modelRules(open);
});

/** A cache over a store that answers when it is told to. */
function held() {
  const asked: { known: Configuration | undefined; answer: PromiseWithResolvers<Configuration> }[] = [];
  const behind = {
    read: (known?: Configuration) => {
      const answer = Promise.withResolvers<Configuration>();
      asked.push({ known, answer });
      return answer.promise;
    },
  } as Store;
  return { store: cacheReads(behind), asked };
}
const at = (revision: number): Configuration => ({ epoch: 'e', revision, documents: [] });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('while four writers on Redis write, each reads its own writes and all those that it knew of', async () => {
  const stores = Array.from({ length: 4 }, () => cacheReads(openRedisStore(redis.url, { prefix: 'cached' })));
  onTestFinished(async () => {
    for (const store of stores) await store.close();
  });
  let told = 0;
  const missing: string[] = [];
  await Promise.all(
    stores.map(async (store, who) => {
      for (let n = 1; n <= 100; n += 1) {
        const known = told;
        const committed = await store.commit([putPool(`p${who}`, {}, { minimumOrigins: n })]);
        if (!committed.ok) throw new Error(committed.refusal.kind);
        told = Math.max(told, committed.revision);
        const { revision, documents } = await store.read();
        const mine = documents.find(({ id }) => id === `p${who}`);
        const isMine = mine?.kind === 'pool' && mine.value.minimumOrigins === n;
        if (!isMine || revision < Math.max(known, committed.revision))
          missing.push(`${who} wrote ${committed.revision} and reads ${revision}`);
      }
    }),
  );
  expect(missing).toEqual([]);
  const all = await Promise.all(stores.map((store) => store.read()));
  for (const read of all) expect(read).toMatchObject({ revision: 400, documents: { length: 4 } });
});

test('a store that was emptied is read again', async () => {
  const store = cacheReads(openRedisStore(redis.url, { prefix: 'emptied' }));
  onTestFinished(() => store.close());
  await store.commit([putPool('p')]);
  const before = await store.read();
  await redis.send('FLUSHALL');
  const after = await store.read();
  expect(after).toMatchObject({ revision: 0, documents: [] });
  expect(after.epoch).not.toBe(before.epoch);
});

test('calls during a read share the next read, which begins later', async () => {
  const { store, asked } = held();
  const first = store.read();
  const later = [store.read(), store.read()];
  await turn();
  expect(asked).toHaveLength(1);
  asked[0]!.answer.resolve(at(1));
  expect(await first).toEqual(at(1));
  await turn();
  expect(asked).toHaveLength(2);
  expect(asked[1]!.known).toEqual(at(1));
  asked[1]!.answer.resolve(at(2));
  expect(await Promise.all(later)).toEqual([at(2), at(2)]);
});

test('a read during a reading of the part that follows the store waits for it, and asks for what came since', async () => {
  const { store, asked } = held();
  const whole = store.uncached.read();
  const read = store.read();
  await turn();
  expect(asked.map(({ known }) => known)).toEqual([undefined]);
  asked[0]!.answer.resolve(at(3));
  expect(await whole).toEqual(at(3));
  await turn();
  expect(asked[1]!.known).toEqual(at(3));
  asked[1]!.answer.resolve(at(4));
  expect(await read).toEqual(at(4));
  // The part that follows the store decides by itself from where it reads.
  void store.uncached.read();
  expect(asked[2]!.known).toBeUndefined();
});

test('a read goes on where the reading it waited for fails', async () => {
  const { store, asked } = held();
  const whole = store.uncached.read();
  const read = store.read();
  asked[0]!.answer.reject(new StoreUnavailable('away'));
  await expect(whole).rejects.toThrow('away');
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  asked[1]!.answer.resolve(at(4));
  expect(await read).toEqual(at(4));
});

test('the first read continues from a configuration that was given to keep()', async () => {
  const { store, asked } = held();
  store.keep(at(7));
  const first = store.read();
  expect(asked[0]!.known).toEqual(at(7));
  asked[0]!.answer.resolve(at(8));
  expect(await first).toEqual(at(8));
});

test('a read that fails fails for its callers only', async () => {
  const { store, asked } = held();
  const first = store.read();
  const second = store.read();
  const failure = new StoreUnavailable('away');
  asked[0]!.answer.reject(failure);
  await expect(first).rejects.toBe(failure);
  await turn();
  asked[1]!.answer.resolve(at(3));
  expect(await second).toEqual(at(3));
});

test.each([
  ['more than', KEPT_DOCUMENTS_MAX + 1, undefined],
  ['no more than', KEPT_DOCUMENTS_MAX, 1],
])(
  'with %s KEPT_DOCUMENTS_MAX documents, %s, the revision kept after READ_KEPT_MS is %s',
  async (_, count, kept) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { store, asked } = held();
    const documents = Array.from({ length: count }, () => ({
      kind: 'pool' as const,
      id: 'p',
      revision: 1,
      value: pool('p'),
    }));
    const revisionKnownAfter = async (passMs: number) => {
      vi.advanceTimersByTime(passMs);
      const reading = store.read();
      asked.at(-1)!.answer.resolve({ ...at(1), documents });
      await reading;
      return asked.at(-1)!.known?.revision;
    };
    expect(await revisionKnownAfter(0)).toBeUndefined();
    expect(await revisionKnownAfter(READ_KEPT_MS - 1)).toBe(1);
    expect(await revisionKnownAfter(READ_KEPT_MS - 1)).toBe(1);
    expect(await revisionKnownAfter(READ_KEPT_MS)).toBe(kept);
  },
);
