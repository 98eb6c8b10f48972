import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { lostLines } from '../../../src/commands/store/lost-lines.ts';
import type { Configuration, StoredDocument, Write } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { gatherChanges, lostDocuments, type Traces } from '../../../src/store/integrity/lost.ts';
import { monitor, pool } from '../../store/contract/samples.ts';
import { PROGRAM } from '../../support/lifeguard.ts';
import { runProgram } from '../../support/run-program.ts';

test('a repair names lost documents of a file and restores them, once no server uses the file', {
  timeout: 60_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-put-back-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'lifeguard.sqlite');
  const repair = (...args: string[]) =>
    runProgram('env', [
      `LIFEGUARD_DATA_DIR=${directory}`,
      process.execPath,
      PROGRAM,
      'store',
      'repair',
      ...args,
    ]);
  const references = [{ kind: 'monitor', id: 'm' }] as const;
  const put = (kind: string, value: { id: string }, more: object): Write =>
    ({ op: 'put', kind, id: value.id, value, unique: [], references: [], ...more }) as unknown as Write;
  const lost = put('pool', pool('p', { name: 'web', monitor: 'm' }), { unique: ['web'], references });
  const server = openEmbeddedStore(path);
  await server.commit([
    put('monitor', monitor('m'), {}),
    put('pool', pool('q', { name: 'shop' }), { unique: ['shop'] }),
  ]);
  await server.commit([lost]);
  const refused = await repair('--put-back', '--yes');
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('it is in use by another process'),
  ]);
  await server.close();

  const file = new DatabaseSync(path);
  file.exec(`DELETE FROM document WHERE id <> 'q'`);
  file.close();
  const shown = await repair();
  expect(shown.stdout.split('\n')).toEqual([
    'Lost: 1 of 1 monitors, 1 of 2 pools are missing.',
    'pool "web" (p) is lost; the record of changes has its value.',
    'monitor m is lost; the record of changes has its value.',
    'With --put-back, the repair puts back 2 documents.',
    'Nothing was changed. Restore the store if you have a backup, or repair it with --yes.',
    '',
  ]);
  expect((await repair('--put-back', '--yes')).stdout).toContain('and has 3 documents.');
  const mended = openEmbeddedStore(path);
  const read = await mended.read();
  expect(read.loss).toBeUndefined();
  expect(read.documents.find(({ id }) => id === 'p')?.value).toEqual((lost as { value: unknown }).value);
  expect(await mended.commit([{ op: 'delete', kind: 'monitor', id: 'm' }])).toMatchObject({
    refusal: { kind: 'referenced', by: [{ kind: 'pool', id: 'p' }] },
  });
  const twice = put('pool', pool('r', { name: 'web' }), { unique: ['web'] });
  expect(await mended.commit([twice])).toMatchObject({ refusal: { kind: 'not_unique', id: 'p' } });
  await mended.close();
});

const at = (revision: number, name = 'web') =>
  ({ kind: 'pool', id: 'p', revision, value: pool('p', { name }) }) as StoredDocument;
const has = (revision: number, documents: StoredDocument[] = [], epoch = 'e'): Configuration => ({
  epoch,
  revision,
  documents,
});
const says = (wholeAfter: number, written?: StoredDocument | 'deleted', claimed?: number): Traces => ({
  wholeAfter,
  written: new Map(written && [['pool/p', written]]),
  claimed: new Map(
    claimed === undefined
      ? []
      : [['pool/p', { ref: { kind: 'pool', id: 'p' }, names: ['claimed'], revision: claimed }]],
  ),
});
const LAST = { changes: 'the record of changes', memory: 'the last good state' };
const rows: {
  what: string;
  read?: Configuration;
  traces: Traces;
  remembered?: Configuration;
  line?: string;
}[] = [
  {
    what: 'its last change',
    traces: says(0, at(3)),
    line: `pool "web" (p) is lost; ${LAST.changes} has its value.`,
  },
  { what: 'a change that deleted it', traces: says(0, 'deleted'), remembered: has(4, [at(3)]) },
  {
    what: 'a change older than its claim',
    traces: says(0, at(3), 7),
    line: 'pool "claimed" (p) is lost, and its value is known nowhere.',
  },
  {
    what: 'a change before a gap, and no claim',
    traces: says(6, at(3)),
    line: 'pool "web" (p) is lost, unless it was deleted after revision 3.',
  },
  {
    what: 'a change before a gap that its claim confirms',
    traces: says(6, at(3), 3),
    line: `pool "claimed" (p) is lost; ${LAST.changes} has its value.`,
  },
  {
    what: 'the last good state, of this revision',
    traces: says(9),
    remembered: has(9, [at(3)]),
    line: `pool "web" (p) is lost; ${LAST.memory} has its value.`,
  },
  {
    what: 'an older good state, and changes since',
    traces: says(5),
    remembered: has(5, [at(3)]),
    line: `pool "web" (p) is lost; ${LAST.memory} has its value.`,
  },
  {
    what: 'an older good state alone',
    traces: says(9),
    remembered: has(5, [at(3)]),
    line: 'pool "web" (p) is lost, unless it was deleted after revision 5.',
  },
  { what: 'a good state of another store', traces: says(9), remembered: has(9, [at(3)], 'other') },
  {
    what: 'such a state, but with the revision of its claim',
    traces: says(9, undefined, 3),
    remembered: has(8, [at(3)], 'other'),
    line: `pool "claimed" (p) is lost; ${LAST.memory} has its value.`,
  },
  {
    what: 'an older value in the store than its claim',
    read: has(9, [at(2)]),
    traces: says(0, at(3), 3),
    line: `pool "claimed" (p) is lost; ${LAST.changes} has its value.`,
  },
  {
    what: 'the value in the store',
    read: has(9, [at(3)]),
    traces: says(0, undefined, 3),
    remembered: has(9, [at(3)]),
  },
  {
    what: 'a claim, where the record of the revision is lost too',
    read: { ...has(0), loss: 'the record of the revision is missing' },
    traces: says(Infinity, undefined, 3),
    remembered: has(9, [at(3)]),
    line: `pool "claimed" (p) is lost; ${LAST.memory} has its value.`,
  },
  {
    what: 'nothing but the last good state, where the record of the revision is lost too',
    read: { ...has(0), loss: 'the record of the revision is missing' },
    traces: says(Infinity),
    remembered: has(9, [at(3)]),
    line: 'pool "web" (p) is lost, unless it was deleted after revision 9.',
  },
  {
    what: 'a record that cannot be read, known',
    read: { ...has(9), damaged: { documents: [{ kind: 'pool', id: 'p' }], unnamed: 0 } },
    traces: says(0, undefined, 3),
    remembered: has(9, [at(3)]),
    line: `pool "claimed" (p) cannot be read; ${LAST.memory} has its value.`,
  },
];
test.each(rows)('a lost pool for which there is $what', ({ read = has(9), traces, remembered, line }) => {
  expect(lostLines(lostDocuments(read, traces, remembered), false)).toEqual(line === undefined ? [] : [line]);
});

test('no record of changes is whole where the record of the revision is lost', () => {
  const changes = gatherChanges({ ...has(0), loss: 'the record of the revision is missing' });
  changes.add(6, [{ ref: { kind: 'pool', id: 'p' }, became: at(6) }]);
  expect(changes.done()).toEqual({ wholeAfter: Infinity, written: new Map([['pool/p', at(6)]]) });
  expect(gatherChanges(has(0)).done()).toEqual({ wholeAfter: 0, written: new Map() });
});
