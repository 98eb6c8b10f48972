import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLastHealthyFile } from '../../../src/serve/saved/last-healthy-file.ts';

const SLOW = { timeout: 30_000 };
const POOL = 'a'.repeat(32);
let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-last-healthy-'));
  path = join(directory, 'last-healthy');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Opens the file; it must not fail. */
const open = () =>
  openLastHealthyFile(path, (error) => {
    throw error;
  });

test('the next start knows what was written, all of it or nothing', async () => {
  const first = open();
  expect(first.known).toEqual(new Map());
  const all = new Map(
    Array.from({ length: 1_000 }, (_, i) => [`${i}`.padStart(32, '0'), new Set(['web "1"\n', `web-${i}`])]),
  );
  first.changed(all);
  await first.stop();
  // A slow disk may take longer than a stop waits.
  await vi.waitFor(() => expect(open().known).toEqual(all), SLOW);
  expect(readdirSync(directory)).toEqual(['last-healthy']);
  const second = open();
  second.changed(new Map());
  await second.stop();
  await vi.waitFor(() => expect(open().known).toEqual(new Map()), SLOW);
});

test('without a change nothing is written', async () => {
  await open().stop();
  expect(existsSync(path)).toBe(false);
});

test.each([
  ['', 0],
  ['\n\n', 0],
  [`["${POOL}","a"]`, 1],
  [`["${POOL}","a"]\n["${'b'.repeat(32)}","b`, 1],
  [`{"${POOL}":["a"]}\n`, 0],
  [`["${POOL}"]\n`, 0],
  [`["${POOL}",1]\n`, 0],
  ['null\n[null]\n[]\n\0\0', 0],
])('a damaged line is left out: %j', (text, count) => {
  writeFileSync(path, text);
  expect(open().known.size).toBe(count);
});

test('a file that cannot be read or written is reported once, and the next start tries it again', async () => {
  const errors: unknown[] = [];
  mkdirSync(path);
  const file = openLastHealthyFile(path, (error) => errors.push(error));
  expect(file.known).toEqual(new Map());
  file.changed(new Map([[POOL, new Set(['a'])]]));
  await file.stop();
  await vi.waitFor(() => expect(readdirSync(directory)).toEqual(['last-healthy']), SLOW);
  expect(errors).toHaveLength(1);
  rmSync(path, { recursive: true });
  const again = openLastHealthyFile(path, (error) => errors.push(error));
  again.changed(new Map([[POOL, new Set(['a'])]]));
  await again.stop();
  await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toBe(`["${POOL}","a"]\n`), SLOW);
  expect(errors).toHaveLength(1);
});

test.each([
  ['a FIFO', () => execFileSync('mkfifo', [path])],
  ['a device', () => symlinkSync('/dev/zero', path)],
  ['a directory', () => mkdirSync(path)],
])('%s in the place of the file does not hold up the start', (kind, make) => {
  make();
  const errors: unknown[] = [];
  expect(openLastHealthyFile(path, (error) => errors.push(error)).known).toEqual(new Map());
  expect(errors).toEqual([new Error(`${path} is ${kind}; it must be a regular file`)]);
});
