import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BACKUP_FORMAT, LINE_OCTETS_MAX } from '../../../src/store/backup/backup.ts';
import { BACKUP_PROBLEMS_MAX, readBackup } from '../../../src/store/backup/read-backup.ts';
import { writeBackup } from '../../../src/store/backup/write-backup.ts';
import { type Configuration, KINDS_IN_ORDER } from '../../../src/store/contract/documents.ts';
import { holdingOf } from '../../../src/store/reading/all-documents.ts';

/** A backup of every kind of documents, as format 1 was written first. It never changes. */
const FORMAT_1 = readFileSync(new URL('format-1.jsonl', import.meta.url), 'utf8');
const LINES = FORMAT_1.trimEnd().split('\n');

async function* inChunks(text: string, octets = 1_000): AsyncGenerator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += octets) yield all.subarray(at, at + octets);
}

const read = (text: string, octets?: number) => readBackup(inChunks(text, octets));

async function written(reading: Configuration): Promise<string> {
  const pieces = await Array.fromAsync(
    writeBackup(reading, { lifeguard: '0.1.0', madeOn: '2026-12-01T00:00:00Z' }),
  );
  return pieces.join('');
}

/** The problems of a text that is no backup. */
async function problemsOf(text: string): Promise<string[]> {
  const found = await read(text);
  return found.ok ? [] : found.problems.map(({ path, message }) => `${path}: ${message}`);
}

/** The fixture with other lines and the right digest. */
function remade(change: (lines: string[]) => string[]): string {
  const lines = change(LINES.slice(0, -1));
  const counts: Record<string, number> = {};
  for (const line of lines.slice(1)) {
    const { kind } = JSON.parse(line) as { kind: string };
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  const before = lines.map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(before).digest('hex');
  return `${before}${JSON.stringify({ documents: counts, sha256 })}\n`;
}

test.each([1, 7, 1_000, 1_000_000])(
  'a backup of format 1 is read, in chunks of %i octets, and written again as it was',
  async (octets) => {
    const found = await read(FORMAT_1, octets);
    if (!found.ok) throw new Error(JSON.stringify(found.problems));
    const { head, documents } = found.backup;
    expect(head).toMatchObject({ format: 1, revision: 9, damaged: [] });
    expect(new Set(documents.map(({ kind }) => kind))).toEqual(new Set(KINDS_IN_ORDER));
    const again = await written({ epoch: head.epoch, revision: head.revision, ...holdingOf(documents) });
    const body = (text: string) => text.split('\n').slice(1, -2);
    expect(body(again)).toEqual(body(FORMAT_1));
  },
);

test('a backup that is cut short at any line, or in one, is refused', async () => {
  for (let lines = 0; lines < LINES.length; lines += 1) {
    const text = LINES.slice(0, lines).map((line) => `${line}\n`);
    const problems = await problemsOf(text.join(''));
    expect(problems).toEqual([
      `line ${lines + 1}: must be there: the last line of a backup has its digest. The file is cut short`,
    ]);
  }
  expect(await problemsOf(FORMAT_1.slice(0, -1))).toEqual([
    `line ${LINES.length}: must end with a line feed. The file is cut short`,
  ]);
});

test('a changed octet is noticed, also where the line is still right', async () => {
  const problems = await problemsOf(FORMAT_1.replace('disk is full', 'disk is fuII'));
  expect(problems).toEqual([
    expect.stringMatching(
      /^line 11: sha256 must be [0-9a-f]{64}: the file is damaged, or was changed by hand$/,
    ),
  ]);
});

test('each problem has its line and the rule', async () => {
  const text = FORMAT_1.replace('"weight":1', '"weight":2').replace(
    '"kind":"override"',
    '"kind":"exception"',
  );
  const problems = await problemsOf(text.replace(LINES[6]!, '{'));
  expect(problems.slice(0, 3)).toEqual([
    'line 4: endpoints[0].weight must be from 0 to 1',
    `line 6: kind must be one of load_balancer, pool, monitor, monitor_group, override, zone, record, token`,
    'line 7: must be JSON',
  ]);
});

test('the format of a newer version is refused with its version, and format 0', async () => {
  const head = (change: object) => `${JSON.stringify({ ...JSON.parse(LINES[0]!), ...change })}\nnot JSON\n`;
  expect(await problemsOf(head({ format: BACKUP_FORMAT + 1, lifeguard: '9.1.0' }))).toEqual([
    `line 1: format is ${BACKUP_FORMAT + 1}, of Lifeguard 9.1.0. This version reads formats up to ${BACKUP_FORMAT}: use a newer one`,
  ]);
  expect(await problemsOf(head({ format: 0 }))).toEqual([
    `line 1: format must be from 1 to ${BACKUP_FORMAT}`,
  ]);
});

test('documents that do not fit together are refused', async () => {
  const twice = remade((lines) => [...lines, lines[4]!]);
  expect(await problemsOf(twice)).toEqual([
    expect.stringMatching(/^line 11: id must be unique: line 5 has pool\/[0-9a-f]{32}, too$/),
    'line 11: must have another name: line 5 is called shop, too',
  ]);
  const monitor = JSON.parse(LINES[1]!).id as string;
  const without = remade((lines) => lines.toSpliced(1, 1));
  expect(await problemsOf(without)).toEqual([
    `line 2: refers to monitor/${monitor}, which the backup does not have`,
    `line 3: refers to monitor/${monitor}, which the backup does not have`,
  ]);
  const zone = JSON.parse(LINES[6]!).id as string;
  const zoneless = remade((lines) => [
    JSON.stringify({ ...JSON.parse(lines[0]!), damaged: [`zone/${zone}`] }),
    ...lines.slice(1).toSpliced(5, 1),
  ]);
  const why = `refers to zone/${zone}, which the backup does not have. It could not be read when the backup was made`;
  expect(await problemsOf(zoneless)).toEqual([`line 7: ${why}`, `line 9: ${why}`]);
});

test(`${BACKUP_PROBLEMS_MAX} problems are listed, and all are counted`, async () => {
  const many = BACKUP_PROBLEMS_MAX + 5;
  const found = await read(`${LINES[0]}\n${'{}\n'.repeat(many)}`);
  expect(found).toMatchObject({ ok: false, count: many });
  expect(!found.ok && found.problems.length).toBe(BACKUP_PROBLEMS_MAX);
});

test(`a line longer than ${LINE_OCTETS_MAX} octets is refused before it is read`, async () => {
  let taken = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from(`${LINES[0]}\n`);
    for (const chunk = Buffer.alloc(1024 * 1024, 'x'); ; taken += chunk.length) yield chunk;
  }
  const found = await readBackup(endless());
  expect(!found.ok && found.problems).toEqual([
    { path: 'line 2', message: `must not be longer than ${LINE_OCTETS_MAX} octets` },
  ]);
  expect(taken).toBeLessThanOrEqual(LINE_OCTETS_MAX + 1024 * 1024);
});

test('the backup of a damaged store says what it lacks', async () => {
  const found = await read(FORMAT_1);
  if (!found.ok) throw new Error();
  const { head, documents } = found.backup;
  const text = await written({
    epoch: head.epoch,
    revision: 9,
    ...holdingOf(documents),
    damaged: { documents: [{ kind: 'pool', id: 'lost' }], unnamed: 2 },
  });
  expect(JSON.parse(text.split('\n')[0]!)).toMatchObject({
    damaged: ['pool/lost'],
    loss: '2 documents of unknown names cannot be read',
  });
});
