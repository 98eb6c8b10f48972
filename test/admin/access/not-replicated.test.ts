import { expect, test } from 'vitest';
import { WRITES_MAX } from '../../../src/store/contract/documents.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { backup } from '../backup/provoke-backup-errors.ts';
import { openRecordsApi } from '../records/harness.ts';
import { startTestAdmin, TOKEN } from '../server.ts';
import { withoutReplicas } from '../tokens/provoke-token-errors.ts';

const pools = Array.from({ length: WRITES_MAX + 10 }, (_, i) => ({
  name: `p${i}`,
  origins: [{ name: 'a', address: '192.0.2.1' }],
}));

const codesOf = ({ body }: { body: { errors: { code: number }[] } }) => body.errors.map(({ code }) => code);

test('a change of several commits, the first of which no replica confirmed, is not reported as made', async () => {
  const other = await startTestAdmin();
  const api = await startTestAdmin({ store: withoutReplicas(other.store) });
  const path = '/lifeguard/v1/apply';
  const applied = await api.call('POST', path, { pools });
  expect([applied.status, codesOf(applied)]).toEqual([503, [1512]]);
  expect(applied.body.errors[0].message).toContain(`Lifeguard stored ${WRITES_MAX} of the changes`);
  // Then all are.
  expect(codesOf(await api.call('POST', path, { pools }))).toEqual([1514]);
  const text = await backup(other);
  const empty = await startTestAdmin();
  const bare = await startTestAdmin({ store: withoutReplicas(empty.store) });
  const restored = await bare.call('POST', '/lifeguard/v1/restore', text);
  expect([restored.status, codesOf(restored)]).toEqual([503, [1516]]);
  expect(restored.body.errors[0].message).toContain(`Lifeguard made ${WRITES_MAX} of the changes`);
  expect(codesOf(await bare.call('POST', '/lifeguard/v1/restore?replace=true', text))).toEqual([1514]);
});

test('an import that no replica confirmed is there, as the answer says: it was deleted again', async () => {
  const other = await openRecordsApi();
  const api = await startTestAdmin({ store: withoutReplicas(other.store) });
  const hosts = Array.from({ length: WRITES_MAX + 10 }, (_, i) => `h${i} 60 IN A 192.0.2.1\n`);
  const form = new FormData();
  form.set('file', new Blob(hosts), 'zone');
  const answer = await fetch(`${api.url}${other.ofApi}/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: form,
  });
  const body = (await answer.json()) as { errors: { code: number }[] };
  expect(codesOf({ body })).toEqual([1514]);
  expect((await other.store.read()).records?.size).toBe(WRITES_MAX + 10);
  await other.stop();
});

test('the records of a zone go with it, where no replica confirmed the deletion of the zone', async () => {
  const other = await startTestAdmin({ zones: [zoneFile('example.com', '@ 300 NS ns1.example.net.')] });
  const api = await startTestAdmin({ store: withoutReplicas(other.store) });
  const zone = await other.call('POST', '/client/v4/zones', { name: 'example.org' });
  const { id } = zone.body.result;
  const record = { name: 'www.example.org', type: 'A', content: '192.0.2.1', ttl: 60 };
  await other.call('POST', `/client/v4/zones/${id}/dns_records`, record);
  expect((await other.store.read()).records?.size).toBe(1);
  expect(codesOf(await api.call('DELETE', `/client/v4/zones/${id}`))).toEqual([1514]);
  await expect.poll(async () => (await other.store.read()).records?.size ?? 0).toBe(0);
});
