import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockDataDir } from '../../../src/commands/precondition/data-dir-lock.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { openLastGood } from '../../../src/store/last-good/last-good.ts';
import { putPool } from '../contract/samples.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-kind-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const KINDS = [
  { kind: 'FIFO', make: (path: string) => void execFileSync('mkfifo', [path]) },
  { kind: 'directory', make: (path: string) => mkdirSync(path) },
];
const OPENERS = [
  {
    file: 'lifeguard.sqlite',
    endings: ['', '-wal', '-journal', '-shm', '.epoch', '.changed'],
    open: (path: string) => openEmbeddedStore(path).close(),
  },
  {
    file: 'last-good.sqlite',
    endings: ['', '-wal', '-journal', '-shm'],
    open: (path: string) => openLastGood(path, () => undefined).close(),
  },
  { file: 'lock', endings: ['', '-wal', '-journal', '-shm'], open: () => lockDataDir(directory)() },
];

describe.each(OPENERS)('$file', ({ file, endings, open }) => {
  const cases = KINDS.flatMap((each) => endings.map((ending) => ({ ...each, ending })));
  test.each(cases)(
    'a $kind as $ending held up the start for ever, or was an error without a path',
    async ({ kind, make, ending }) => {
      const path = join(directory, file);
      await open(path);
      rmSync(path + ending, { force: true });
      make(path + ending);
      expect(() => open(path)).toThrow(
        `${path}${ending} is a ${kind}, and must be a regular file. Put the file back, or remove the ${kind}`,
      );
      rmSync(path + ending, { recursive: true });
      if (ending !== '') await open(path);
    },
  );
});

test.each(KINDS)(
  'a $kind that takes the place of the note beside a store while that is open holds up no write',
  async ({ make }) => {
    const path = join(directory, 'lifeguard.sqlite');
    const store = openEmbeddedStore(path);
    rmSync(`${path}.epoch`);
    make(`${path}.epoch`);
    expect(await store.commit([putPool('a')])).toEqual({ ok: true, revision: 1 });
    await store.close();
  },
);

test.each(KINDS)(
  'a $kind that takes the place of the log of a store while that is open is noticed',
  async ({ make }) => {
    const path = join(directory, 'lifeguard.sqlite');
    const store = openEmbeddedStore(path);
    await store.commit([putPool('a')]);
    rmSync(`${path}-wal`);
    make(`${path}-wal`);
    await expect(store.commit([putPool('b')])).rejects.toThrow(
      /-wal was deleted or replaced while the server runs/,
    );
    await store.close();
  },
);

test('a device is no file of a store', () => {
  writeFileSync(join(directory, 'x'), '');
  expect(() => openEmbeddedStore('/dev/null')).toThrow('/dev/null is a device, and must be a regular file');
});
