import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRegularFile } from '../../../src/config/source/regular-file.ts';
import { createHosts } from '../../../src/probe/dns/hosts-file.ts';
import { PROGRAM } from '../../support/lifeguard.ts';

let directory: string;
const at = (name: string) => join(directory, name);
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-file-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a file is read completely, up to the limit', () => {
  writeFileSync(at('file'), '12345');
  expect(String(readRegularFile(at('file'), 5).octets)).toBe('12345');
  expect(() => readRegularFile(at('file'), 4)).toThrow(`${at('file')} has more than 4 octets`);
});

test('anything but a regular file is refused by its kind, without waiting', async () => {
  mkdirSync(at('directory'));
  execFileSync('mkfifo', [at('fifo')]);
  const server = createServer().listen(at('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const rule = 'it must be a regular file';
  expect(() => readRegularFile(at('directory'), 9)).toThrow(`${at('directory')} is a directory; ${rule}`);
  expect(() => readRegularFile(at('fifo'), 9)).toThrow(`${at('fifo')} is a FIFO; ${rule}`);
  expect(() => readRegularFile(at('socket'), 9)).toThrow(`${at('socket')} is a socket; ${rule}`);
  expect(() => readRegularFile('/dev/zero', 9)).toThrow(`/dev/zero is a device; ${rule}`);
  server.close();
});

test('a hosts file that is a FIFO has no names, and delays no check', async () => {
  execFileSync('mkfifo', [at('hosts')]);
  expect(await createHosts(at('hosts'))('localhost')).toEqual([]);
});

test('a configuration may come from an open pipe, but a FIFO is not waited for', () => {
  const check = `"${process.execPath}" "${PROGRAM}" check-config --config`;
  const piped = spawnSync('bash', ['-c', `${check} <(echo 'regoin: eu')`], { encoding: 'utf8' });
  expect([piped.status, piped.stderr]).toEqual([2, expect.stringContaining('did you mean')]);
  execFileSync('mkfifo', [at('fifo')]);
  const fifo = spawnSync('bash', ['-c', `${check} "${at('fifo')}"`], { encoding: 'utf8', timeout: 40_000 });
  expect([fifo.status, fifo.stderr]).toEqual([
    2,
    `${at('fifo')}: cannot be read (${at('fifo')} is a FIFO; it must be a regular file)\n`,
  ]);
});
