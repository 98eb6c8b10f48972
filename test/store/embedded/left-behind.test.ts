import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { describeDamage } from '../../../src/store/integrity/damage.ts';
import { event, observation, publish, putPool } from '../contract/samples.ts';

/** Octets of a page, unless a file says another number (https://sqlite.org/fileformat2.html). */
const PAGE_OCTETS = 4_096;
/** Octets of a frame of the log, of which the first 24 say whose page it is. */
const FRAME_OCTETS = 24 + PAGE_OCTETS;
const ENDINGS = ['', '-wal', '.epoch'];
let directory: string;
/** What a process left behind that was killed, with something in the log and something in the file. */
let path: string;
/** The file as it was before that process began. */
let backup: string;
const pools = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) =>
    putPool(`p${from + at}`, { unique: [`p${from + at}`] }, { description: 'x'.repeat(2_000) }),
  );
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-left-'));
  const live = join(directory, 'live.sqlite');
  backup = join(directory, 'backup.sqlite');
  path = join(directory, 'lifeguard.sqlite');
  const before = openEmbeddedStore(live);
  await before.commit(pools(0, 40));
  await before.close();
  copyFileSync(live, backup);
  const store = openEmbeddedStore(live);
  // More than the log keeps before it is written to the file.
  for (let round = 0; round < 3; round += 1) await store.commit(pools(40, 700));
  await store.commit(pools(40, 42));
  await publish(store, { put: [{ observation: observation('c'), changed: true }], events: [event('e')] });
  for (const ending of ENDINGS) copyFileSync(live + ending, path + ending);
  await store.close();
});
afterEach(() => rmSync(directory, { recursive: true }));

const opened = async () => {
  const store = openEmbeddedStore(path);
  await store.read();
  const found = [...store.damage!.records.values()].map(describeDamage);
  await store.close();
  return found;
};
const REFUSED = 'Put the file back, from a backup for instance, and remove';

test('what a killed process leaves behind opens as it is', async () => {
  expect(await opened()).toEqual([]);
  expect(await opened()).toEqual([]);
});

describe('a file that another program changed right before a kill was believed at the next start', () => {
  test.each([
    {
      how: 'overwritten by a backup',
      change: () => copyFileSync(backup, path),
      why: /it is older than its log .*-wal: another program put it in the place of the one that was here|it is cut short/,
    },
    {
      how: 'overwritten by an older copy of the same size',
      change: () => {
        const octets = readFileSync(path);
        const old = readFileSync(backup);
        writeFileSync(path, Buffer.concat([old, octets.subarray(old.length)]));
      },
      why: /it is older than its log .*-wal: another program put it in the place of the one that was here/,
    },
    {
      how: 'cut short',
      change: () => truncateSync(path, 100 * PAGE_OCTETS),
      why: /it is cut short: \d+ of its \d+ pages are missing/,
    },
    { how: 'emptied', change: () => truncateSync(path, 0), why: /it is empty, but .*\.epoch shows/ },
    {
      how: 'left with a damaged log',
      change: () => writeFileSync(`${path}-wal`, readFileSync(`${path}-wal`).fill(0xa5, 32 + 24, 32 + 60)),
      why: /its log is damaged: \d+ octets of it were acknowledged, and 32 can be read/,
    },
    {
      how: 'left with a log whose last frame is damaged, which holds an event alone',
      change: () => {
        const marked = Number(/ (\d+) *\n$/.exec(readFileSync(`${path}.epoch`, 'latin1'))![1]);
        expect((marked - 32) % FRAME_OCTETS).toBe(0);
        writeFileSync(`${path}-wal`, readFileSync(`${path}-wal`).fill(0xa5, marked - 100, marked - 90));
      },
      why: /its log is damaged/,
    },
    {
      how: 'left with a log that is cut short',
      change: () => truncateSync(`${path}-wal`, 40),
      why: /is damaged/,
    },
  ])('$how', async ({ change, why }) => {
    change();
    const log = readFileSync(`${path}-wal`);
    for (let time = 0; time < 2; time += 1) {
      expect(() => openEmbeddedStore(path)).toThrow(why);
      expect(() => openEmbeddedStore(path)).toThrow('Put the file back, from a backup for instance');
    }
    // Neither is touched, and a person decides.
    expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
  });

  test('a page of documents overwritten by another one is damage, and the alarm names the table at the start', async () => {
    await opened();
    const file = new DatabaseSync(path);
    const page = Number(
      file.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'event'`).get()!.rootpage,
    );
    file.close();
    writeFileSync(path, readFileSync(path).fill(0, (page - 1) * PAGE_OCTETS, page * PAGE_OCTETS));
    const store = openEmbeddedStore(path);
    const found = () => [...store.damage!.records.values()].map(describeDamage);
    expect(found()).toEqual([expect.stringMatching(/^event: has pages that cannot be read/)]);
    await store.damage!.examine((each) => store.examine!(each));
    expect(found()).toContainEqual(expect.stringMatching(/^event: has pages that cannot be read/));
    await store.close();
  });

  test('without the mark a start goes on with what is there', async () => {
    writeFileSync(`${path}-wal`, readFileSync(`${path}-wal`).fill(0xa5, 32 + 24, 32 + 60));
    expect(() => openEmbeddedStore(path)).toThrow(REFUSED);
    rmSync(`${path}.epoch`);
    const store = openEmbeddedStore(path);
    expect(await store.commit([putPool('new')])).toMatchObject({ ok: true });
    await store.close();
    expect(existsSync(`${path}.epoch`)).toBe(true);
  });
});

test('a process that is killed between what it writes to the file and its mark does not prevent the start', async () => {
  const live = join(directory, 'again.sqlite');
  const store = openEmbeddedStore(live);
  for (let round = 0; round < 6; round += 1) {
    copyFileSync(`${live}.epoch`, `${path}.epoch`);
    await store.commit(pools(0, 500));
    for (const ending of ['', '-wal']) copyFileSync(live + ending, path + ending);
    expect(await opened()).toEqual([]);
    for (const ending of ENDINGS) copyFileSync(live + ending, path + ending);
    expect(await opened()).toEqual([]);
  }
  await store.close();
});
