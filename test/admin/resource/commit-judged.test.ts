import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { commitJudged, JUDGED_ATTEMPTS_MAX } from '../../../src/admin/resource/commit-judged.ts';
import type { Configuration, Write } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import type { Store } from '../../../src/store/store.ts';
import { dnsRecord } from '../../store/contract/samples.ts';

async function openStore(): Promise<Store> {
  const directory = await mkdtemp(join(tmpdir(), 'lifeguard-judged-'));
  const store = openEmbeddedStore(join(directory, 'store.db'));
  onTestFinished(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });
  return store;
}

const put = (id: string, name: string): Write => ({
  op: 'put',
  kind: 'record',
  id,
  value: dnsRecord(id, { name }),
  unique: [],
  references: [],
});

/** One record a name: a rule about several documents, which the store does not know. */
function onlyOne(id: string, name: string) {
  return ({ records }: Configuration) => {
    const isThere = (records?.at({ zoneName: 'example.org' }, name).length ?? 0) > 0;
    return { writes: isThere ? [] : [put(id, name)], result: !isThere };
  };
}

test('a rule about several documents holds, though two servers write at the same time', async () => {
  const store = await openStore();
  const servers = [store, Object.create(store) as Store];
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, i) => {
      const name = `n${i % 10}.example.org`;
      return commitJudged(servers[i % 2]!, onlyOne(`r${i}`, name));
    }),
  );
  expect(made.filter(({ result }) => result)).toHaveLength(10);
  const { records } = await store.read();
  expect([...records!.all()].map(({ value }) => value.name).sort()).toEqual(
    Array.from({ length: 10 }, (_, i) => `n${i}.example.org`),
  );
});

test(`a change is judged anew after another one, ${JUDGED_ATTEMPTS_MAX} times at the most`, async () => {
  const store = await openStore();
  let judged = 0;
  const disturbed = commitJudged(store, async () => {
    judged += 1;
    await store.commit([put(`other${judged}`, 'other.example.org')]);
    return { writes: [put('mine', 'mine.example.org')], result: undefined };
  });
  await expect(disturbed).rejects.toMatchObject({ status: 503 });
  expect(judged).toBe(JUDGED_ATTEMPTS_MAX);
  let seen = 0;
  const { revision } = await commitJudged(store, async (read) => {
    seen += 1;
    if (seen === 1) await store.commit([put('late', 'late.example.org')]);
    return { writes: [put('mine', 'mine.example.org')], result: read.revision };
  });
  expect([seen, revision]).toEqual([2, JUDGED_ATTEMPTS_MAX + 2]);
});

test('what a judge refuses or leaves as it is writes nothing, and keeps nobody waiting', async () => {
  const store = await openStore();
  await expect(
    commitJudged(store, () => {
      throw new Error('refused');
    }),
  ).rejects.toThrow('refused');
  expect(await commitJudged(store, () => ({ writes: [], result: 1 }))).toEqual({
    result: 1,
    revision: undefined,
  });
  expect((await store.read()).revision).toBe(0);
});
