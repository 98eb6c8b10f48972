import { afterAll, expect, test } from 'vitest';
import { openRecordsApi } from './harness.ts';

const api = await openRecordsApi();
afterAll(() => api.stop());
const dname = (name: string) => ({ type: 'DNAME', name, content: 'example.net' });

test('a batch may move a record away from below the DNAME that it makes (found by reading)', async () => {
  const { id } = await api.create({ type: 'A', name: 'x.moved', content: '192.0.2.1' });
  const batch = { patches: [{ id, name: 'elsewhere' }], posts: [dname('moved')] };
  expect((await api.call('POST', `${api.ofApi}/batch`, batch)).status).toBe(200);
  const stays = { patches: [{ id, name: 'y.moved' }] };
  expect((await api.call('POST', `${api.ofApi}/batch`, stays)).status).toBe(400);
});

test('an import is refused that brings a DNAME and records below it (RFC 6672 §2.4; found by reading)', async () => {
  const before = await api.found();
  const text = 'x.new 60 A 192.0.2.1\nnew 60 DNAME example.net.\n';
  const answer = await api.call('POST', `${api.ofApi}/import`, text, { 'content-type': 'text/plain' });
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body.errors)).toContain('file:2: There are records below new.example.org');
  expect(await api.found()).toEqual(before);
});
