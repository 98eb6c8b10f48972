import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BACKUP_TYPE } from '../../../src/store/backup/backup.ts';
import { documentName, WRITES_MAX } from '../../../src/store/contract/documents.ts';
import { allDocuments } from '../../../src/store/reading/all-documents.ts';
import type { Store } from '../../../src/store/store.ts';
import { override } from '../../store/contract/samples.ts';
import { runHere } from '../../support/in-process.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { type Answer, POOLS, startTestAdmin, type TestAdmin, TOKEN, TOKENS } from '../server.ts';
import { awayAfterOne, backup } from './provoke-backup-errors.ts';

/** A backup of every kind of documents. */
const FIXTURE = new URL('../../store/backup/format-1.jsonl', import.meta.url);
const TEXT = readFileSync(FIXTURE, 'utf8');
const RESTORE = '/lifeguard/v1/restore';

const restore = (api: TestAdmin, text: string, query = ''): Promise<Answer> =>
  api.call('POST', `${RESTORE}${query}`, text, { 'content-type': BACKUP_TYPE });

/** All documents of a store, without their revisions. */
async function contentOf({ store }: TestAdmin): Promise<Map<string, unknown>> {
  const all = [...allDocuments(await store.read())];
  return new Map(all.map((document) => [documentName(document), document.value]));
}

const bodyOf = (text: string) => text.split('\n').slice(1, -2);
const origins = (...addresses: string[]) => addresses.map((address, i) => ({ name: `o${i}`, address }));

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeguard-backup-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('a backup of format 1 is restored into an empty store, and the backup of that is the same', async () => {
  const api = await startTestAdmin();
  const dry = await restore(api, TEXT, '?dry_run=true');
  expect(dry.body.result).toMatchObject({
    dry_run: true,
    created: 9,
    changed: 0,
    deleted: 0,
    revision: null,
  });
  expect((await api.store.read()).revision).toBe(0);
  const { body } = await restore(api, TEXT);
  expect(body.result).toMatchObject({
    dry_run: false,
    created: 9,
    unchanged: 0,
    revision: 1,
    backup_revision: 9,
    made_by: '0.1.0',
  });
  expect(bodyOf(await backup(api))).toEqual(bodyOf(TEXT));
  // The names and references of the documents hold again.
  expect((await api.call('POST', POOLS, { name: 'WEB', origins: origins('192.0.2.9') })).status).toBe(400);
  const [event] = await api.store.events(1);
  expect(event).toMatchObject({ kind: 'audit', method: 'POST', revision: 1 });
});

test('a store with objects is replaced only where that is asked for, and then wholly', async () => {
  const api = await startTestAdmin();
  await restore(api, TEXT);
  const whole = await contentOf(api);
  const list = (await api.call('GET', POOLS)).body.result as { id: string; name: string }[];
  const id = (name: string) => list.find((each) => each.name === name)!.id;
  // Names change places, an endpoint with an override goes, and others come, one of them by a name of the backup.
  await api.call('PATCH', `${POOLS}/${id('web')}`, { name: 'old', origins: origins('192.0.2.8') });
  await api.call('PATCH', `${POOLS}/${id('shop')}`, { name: 'web' });
  const made = await api.call('POST', POOLS, { name: 'shop', origins: origins('192.0.2.9') });
  const own = { pool: made.body.result.id as string, action: 'out', owner: 'me', reason: 'test' };
  expect((await api.call('POST', '/lifeguard/v1/overrides', own)).status).toBe(200);
  const refused = await restore(api, TEXT);
  expect([refused.status, refused.body.errors[0].code]).toEqual([400, 1409]);
  const before = await contentOf(api);
  const planned = (await restore(api, TEXT, '?replace=true&dry_run=true')).body.result;
  expect(await contentOf(api)).toEqual(before);
  const { result } = (await restore(api, TEXT, '?replace=true')).body;
  expect(result).toMatchObject({ created: 1, changed: 2, deleted: 2, unchanged: 6 });
  expect(planned).toEqual({ ...result, dry_run: true, revision: null });
  expect(await contentOf(api)).toEqual(whole);
});

test('a restore of many documents takes several commits, and goes on where others write meanwhile', async () => {
  const api = await startTestAdmin();
  const many = Array.from({ length: WRITES_MAX + 10 }, (_, i) => ({
    op: 'put' as const,
    kind: 'override' as const,
    id: `o${i}`,
    value: override(`o${i}`, { pool: 'p', endpoint: `e${i}` }),
    unique: [],
    references: [],
  }));
  const pool = { name: 'p', origins: origins('192.0.2.1') };
  const { id } = (await api.call('POST', POOLS, pool)).body.result;
  const values = many.map((each) => ({ ...each, value: { ...each.value, pool: id } }));
  await api.store.commit(values.slice(0, WRITES_MAX));
  await api.store.commit(values.slice(WRITES_MAX));
  const text = await backup(api);
  const whole = await contentOf(api);
  const other = await startTestAdmin();
  let commits = 0;
  const busy = Object.assign(Object.create(other.store) as Store, {
    commit: async (...all: Parameters<Store['commit']>) => {
      commits += 1;
      // Somebody else makes a pool between the two commits of the restore.
      if (commits === 2) await other.call('POST', POOLS, { ...pool, name: 'theirs' });
      return other.store.commit(...all);
    },
    close: async () => {},
  });
  const { body } = await restore(await startTestAdmin({ store: busy }), text);
  expect(body.result).toMatchObject({ created: WRITES_MAX + 11 });
  expect(await contentOf(other)).toEqual(whole);
});

test('a restore that fails in between says how much was written, and can be repeated', async () => {
  const api = await startTestAdmin();
  const pools = Array.from({ length: WRITES_MAX + 10 }, (_, i) => ({
    name: `p${i}`,
    origins: origins('192.0.2.1'),
  }));
  await api.call('POST', '/lifeguard/v1/apply', { pools });
  const text = await backup(api);
  const other = await startTestAdmin();
  const failed = await restore(await startTestAdmin({ store: awayAfterOne(other.store) }), text);
  expect([failed.status, failed.body.errors.map(({ code }: { code: number }) => code)]).toEqual([
    503,
    [1516],
  ]);
  const again = await restore(other, text, '?replace=true');
  expect(again.body.result).toMatchObject({ created: 10, unchanged: WRITES_MAX });
});

test('a bad file is refused with its line, and nothing changes', async () => {
  const api = await startTestAdmin({ zones: [zoneFile('example.org', '@ 60 NS ns1.example.net.')] });
  const bad = await restore(api, TEXT.replace('"weight":1', '"weight":"1"'));
  expect(bad.status).toBe(400);
  expect(bad.body.errors[0]).toMatchObject({
    code: 1407,
    message: 'The backup cannot be restored: line 4: endpoints[0].weight must be a number.',
  });
  // It could not be served beside the one of the configuration file.
  expect((await restore(api, TEXT)).body.errors).toMatchObject([
    {
      message:
        'The backup cannot be restored: line 7: the zone example.org must not be in the configuration file as well.',
    },
  ]);
  expect((await api.store.read()).revision).toBe(0);
});

test('only admins make and restore backups', async () => {
  const api = await startTestAdmin();
  const { token } = (await api.call('POST', TOKENS, { name: 'editor', scope: 'edit' })).body.result;
  const headers = { authorization: `Bearer ${token}` };
  expect((await api.call('GET', '/lifeguard/v1/backup', undefined, headers)).status).toBe(403);
  expect((await api.call('POST', RESTORE, TEXT, headers)).status).toBe(403);
});

test('the commands write a file for its owner alone, and ask before they replace anything', async () => {
  const api = await startTestAdmin();
  const run = (...words: string[]) => runHere([...words, '--api', api.url, '--token', TOKEN]);
  const file = join(directory, 'lifeguard.backup');
  const bad = join(directory, 'bad.backup');
  await writeFile(bad, TEXT.slice(0, -100));
  const fixture = FIXTURE.pathname;
  expect(await run('restore', bad)).toMatchObject({ code: 4, stderr: expect.stringContaining('line 11: ') });
  expect(await run('restore', join(directory, 'nosuch'))).toMatchObject({ code: 2 });
  expect((await run('restore', fixture)).stdout).toContain('it deleted 0 objects, changed 0 and created 9.');
  expect((await run('backup', file)).stdout).toBe(`Wrote 9 objects of revision 1 to ${file}.\n`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(bodyOf(await readFile(file, 'utf8'))).toEqual(bodyOf(TEXT));
  await api.call('POST', POOLS, { name: 'new', origins: origins('192.0.2.9') });
  expect(await run('restore', file)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('10 objects'),
  });
  expect((await run('restore', file, '--replace', '--dry-run')).stdout).toContain('it deletes 1 object,');
  const isTty = process.stdin.isTTY;
  process.stdin.isTTY = false;
  const unasked = await run('restore', file, '--replace');
  process.stdin.isTTY = isTty;
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('Use --yes to do it.') });
  expect((await contentOf(api)).size).toBe(10);
  expect(await run('restore', file, '--replace', '--yes')).toMatchObject({ code: 0 });
  expect((await contentOf(api)).size).toBe(9);
});
