import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Change, Write } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { dnsRecord } from '../contract/samples.ts';

const RECORDS = 200;
const put = (id: string): Write => ({
  op: 'put',
  kind: 'record',
  id,
  unique: [],
  references: [],
  value: dnsRecord(id),
});

test('a reading of all documents held up the thread; now others work meanwhile, and it shows one revision', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-pieces-'));
  const store = openEmbeddedStore(join(directory, 'store.db'));
  onTestFinished(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  await store.commit(Array.from({ length: RECORDS }, (_, i) => put(String(i))));
  const { position } = await store.observations();
  const before = await store.read();
  const changes: Change[] = [];
  const following = store.follow(
    { ...before, observation: position },
    { changed: (change) => changes.push(change), observed: () => {}, lost: () => {}, connected: () => {} },
  );
  onTestFinished(() => following.stop());
  // Each look at the clock is a millisecond later.
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 1));
  onTestFinished(() => clock.mockRestore());
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  turn();
  const reading = store.read();
  const written = store.commit([put('later')]);
  const read = await reading;
  isOver = true;
  expect(turns).toBeGreaterThan(RECORDS / 10);
  expect([read.revision, read.records?.size]).toEqual([1, RECORDS]);
  expect(await written).toEqual({ ok: true, revision: 2 });
  await vi.waitFor(() => expect(changes.map(({ revision }) => revision)).toEqual([2]));
});
