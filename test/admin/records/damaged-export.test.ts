import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { putPool, zone } from '../../store/contract/samples.ts';
import { runHere } from '../../support/in-process.ts';
import { startTestAdmin, TOKEN } from '../server.ts';

const ZONE = 'e'.repeat(32);

/** A store with a zone and two pools, of which this statement damages something. */
async function damagedBy(sql: string) {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-damaged-'));
  const path = join(directory, 'lifeguard.sqlite');
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const first = openEmbeddedStore(path);
  const value = zone(ZONE, { name: 'example.org' });
  await first.commit([
    { op: 'put', kind: 'zone', id: ZONE, value, unique: ['example.org'], references: [] },
    putPool('a', { unique: ['a'] }),
    putPool('b', { unique: ['b'] }),
  ]);
  await first.close();
  const file = new DatabaseSync(path);
  file.exec(sql);
  file.close();
  return startTestAdmin({ store: openEmbeddedStore(path) });
}

const WORDS =
  'This export may lack what is answered, or have what is not. "lifeguard store check" lists the damage.';

test.each([
  {
    sql: `DELETE FROM document WHERE id = 'a'`,
    words: `The store is damaged: 1 of 2 pools are missing. ${WORDS}`,
  },
  {
    sql: `DELETE FROM change; UPDATE document SET value = '{' WHERE id = 'a'`,
    words: `The store is damaged: 1 of its documents cannot be read. ${WORDS}`,
  },
])('an export of a damaged store looked like one of a whole store ($sql)', async ({ sql, words }) => {
  const { call, url } = await damagedBy(sql);
  const json = await call('GET', '/lifeguard/v1/export');
  expect(json.body.messages).toEqual([{ code: 10108, message: words, type: null }]);
  expect(json.body.result.pools).toHaveLength(1);
  const authorization = `Bearer ${TOKEN}`;
  const text = async (path: string) => (await fetch(url + path, { headers: { authorization } })).text();
  expect((await text('/lifeguard/v1/export?format=yaml')).split('\n')[0]).toBe(`# ${words}`);
  expect((await text(`/client/v4/zones/${ZONE}/dns_records/export`)).split('\n')[0]).toBe(`;; ${words}`);
  const { code, stderr } = await runHere(['export', '--api', url, '--token', TOKEN]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: `${words}\n` });
});

test('an export of a whole store says nothing of damage', async () => {
  const { call } = await damagedBy('SELECT 1');
  expect((await call('GET', '/lifeguard/v1/export')).body.messages).toEqual([]);
});
