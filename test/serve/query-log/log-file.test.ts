import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LOOK_MS, openLogFile } from '../../../src/serve/query-log/log-file.ts';

/** Octets that the disk takes; undefined: it has room. */
let room: number | undefined;
vi.mock('node:fs', async (importActual) => {
  const actual = await importActual<typeof import('node:fs')>();
  const writeWithin = (fd: number, text: string) => {
    actual.writeFileSync(fd, text.slice(0, room));
    if (room !== undefined) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  return {
    ...actual,
    writeFileSync: (to: number | string, text: string) =>
      typeof to === 'number' ? writeWithin(to, text) : actual.writeFileSync(to, text),
  };
});

/** A log file in a directory of its own, its clock, and what it told. */
function logging(before?: string) {
  room = undefined;
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-log-file-'));
  const path = join(directory, 'log');
  if (before !== undefined) writeFileSync(path, before);
  const told: string[] = [];
  const clock = { ms: 0 };
  const events = {
    written: () => void told.push('written'),
    failed: ({ message }: Error) => void told.push(message),
  };
  const file = openLogFile(path, events, () => clock.ms);
  onTestFinished(() => {
    file.close();
    rmSync(directory, { recursive: true });
  });
  return { file, path, told, clock, text: () => readFileSync(path, 'utf8') };
}

test('after a line that a full disk tore, the next one begins on its own line (once: both were one line that nobody can read)', () => {
  const { file, told, clock, text } = logging();
  expect(file.write('one\n')).toBe(true);
  room = 2;
  expect(file.write('two\nthree\n')).toBe(false);
  clock.ms += LOOK_MS;
  room = 0;
  expect(file.write('four\n')).toBe(false);
  room = undefined;
  clock.ms += LOOK_MS;
  expect(file.write('five\n')).toBe(true);
  expect(file.write('six\n')).toBe(true);
  expect(text()).toBe('one\ntw\nfive\nsix\n');
  const full = 'no space left on device';
  // Once it was never told that the file is written again.
  expect(told).toEqual(['written', full, full, 'written', 'written']);
});

test('a line that a former process left unfinished is ended before the next one', () => {
  const { file, text } = logging('{"name":"a.exam');
  expect(file.write('one\n')).toBe(true);
  expect(text()).toBe('{"name":"a.exam\none\n');
});

test('a file that ends with a whole line, or is empty, gets no empty line', () => {
  const { file, path, text } = logging('one\n');
  expect(file.write('two\n')).toBe(true);
  appendFileSync(path, 'three\n');
  expect(file.write('four\n')).toBe(true);
  expect(text()).toBe('one\ntwo\nthree\nfour\n');
  const fresh = logging('');
  expect(fresh.file.write('one\n')).toBe(true);
  expect(fresh.text()).toBe('one\n');
});
