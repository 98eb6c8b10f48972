import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { OPEN_FILES_MIN, openFilesIn } from '../../../src/commands/precondition/open-files.ts';
import { PROGRAM } from '../../support/lifeguard.ts';

const line = (soft: string) =>
  `Max processes             95895                95895                processes \nMax open files            ${soft}                 524288               files     \n`;

test.each([
  ['1024', 1024],
  ['unlimited', undefined],
])('the limit %s of open files', (soft, files) => {
  expect(openFilesIn(line(soft))).toBe(files);
});

/** Runs a server with room for so many files, on an address that this machine does not have, so that it always ends. */
function endOf(files: number): { status: number | null; stderr: string } {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-files-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(config, 'zones: []\nlog: { level: error }\ndns: { listen: ["192.0.2.1:0"] }\n');
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `ulimit -n ${files} && exec "$0" "$@"`, process.execPath, PROGRAM, 'serve', '--config', config],
    { cwd: directory, env: { PATH: process.env.PATH }, encoding: 'utf8' },
  );
  return { status, stderr };
}

test.each([24, 40, OPEN_FILES_MIN - 1])(
  'a process that may open %i files ended with a stack trace, or later: it says how to raise the limit',
  (files) => {
    const { status, stderr } = endOf(files);
    expect(stderr).toMatch(/may open (too few|only \d+) files and sockets.* 256 at least.*ulimit -n/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  },
);

test('a process that may open as many as it needs goes on', () => {
  expect(endOf(OPEN_FILES_MIN).stderr).toContain('this machine has no such address');
});
