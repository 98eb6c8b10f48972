import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type { Change } from '../../../src/store/contract/documents.ts';
import { createStepsReader, entriesText, entryText } from '../../../src/store/embedded/change.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { dnsRecord } from '../contract/samples.ts';

const directory = mkdtempSync(join(tmpdir(), 'lifeguard-shared-'));
const store = openEmbeddedStore(join(directory, 'store.db'));
afterAll(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const value = dnsRecord('a'.repeat(32));
const write = { op: 'put', kind: 'record', id: value.id, unique: [], references: [], value } as const;

test('who follows and who reads share the document of a change', async () => {
  const known = await store.read();
  const { position } = await store.observations();
  const changes: Change[] = [];
  const following = store.follow(
    { ...known, observation: position },
    {
      changed: (change) => changes.push(change),
      observed: () => {},
      lost: () => {},
      connected: () => {},
    },
  );
  await store.commit([write]);
  await vi.waitFor(() => expect(changes).toHaveLength(1));
  await following.stop();
  const { records } = await store.read(known);
  const [entry] = changes[0]!.entries;
  expect(entry).toEqual({ op: 'put', document: { kind: 'record', id: value.id, revision: 1, value } });
  expect(records?.get(value.id)).toBe((entry as Extract<typeof entry, { op: 'put' }>).document);
});

test('a row with a fault is reported each time that it is read', () => {
  const readSteps = createStepsReader();
  const faults: string[] = [];
  const row = entriesText([entryText(write, '{"id":1}')], 'link');
  for (let i = 0; i < 2; i += 1) readSteps(1, row, ({ field }) => faults.push(field));
  expect(faults).toEqual(['[0].value.id', '[0].value.id']);
});

test('a row that is another under the same revision is read anew', () => {
  const readSteps = createStepsReader();
  const rowOf = (content: string) =>
    entriesText([entryText(write, JSON.stringify({ ...value, content }))], 'link');
  const found = ['192.0.2.1', '192.0.2.2'].map((content) => readSteps(1, rowOf(content), () => {}));
  expect(found.map((steps) => steps?.[0]?.became)).toMatchObject([
    { value: { content: '192.0.2.1' } },
    { value: { content: '192.0.2.2' } },
  ]);
});
