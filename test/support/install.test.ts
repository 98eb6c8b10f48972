import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = fileURLToPath(new URL('install.sh', import.meta.url));
const PROGRAMS = [
  'openssl',
  'redis-server',
  'dig',
  'unbound',
  'unbound-checkconf',
  'kdig',
  'drill',
  'named',
  'dnsmasq',
  'socat',
  'dnsdist',
  'named-compilezone',
  'nsd',
  'systemd-analyze',
];
/** Without which the run goes on. */
const SPARE = [
  .../^spare=\(\n([\s\S]*?)^\)$/m.exec(readFileSync(script, 'utf8'))![1]!.matchAll(/^ *([\w-]+):/gm),
].map(([, name]) => name!);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-install-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the script with nothing in PATH but our directory and what the script adds. */
function run() {
  const { status, stdout, stderr } = spawnSync('/bin/bash', [script], {
    encoding: 'utf8',
    env: { PATH: directory },
  });
  return { status, stdout, stderr };
}

function program(name: string, text: string): void {
  writeFileSync(join(directory, name), `#!/bin/bash\n${text}\n`);
  chmodSync(join(directory, name), 0o755);
}

test('prints nothing if all programs are installed', () => {
  for (const name of [...PROGRAMS, ...SPARE]) symlinkSync('/bin/true', join(directory, name));
  expect(run()).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('tells an ordinary user in one line what to install', () => {
  program('id', 'echo 1000');
  for (const name of PROGRAMS.slice(3)) symlinkSync('/bin/true', join(directory, name));
  expect(run()).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'the tests need programs that are not here; install them: apt-get install --no-install-recommends redis-server bind9-dnsutils openssl\n',
  });
});

test('continues without programs that only some tests need, and says in one line what to install', () => {
  program('id', 'echo 1000');
  const there = SPARE.filter((name) => !['zsh', 'dnsviz', 'lexicon'].includes(name));
  for (const name of [...PROGRAMS, ...there]) symlinkSync('/bin/true', join(directory, name));
  expect(run()).toEqual({
    status: 0,
    stdout: '',
    stderr:
      'some tests are left out; for them: apt-get install --no-install-recommends zsh dnsviz lexicon python3-libcloud\n',
  });
});

test('tells root the same if there is no apt-get', () => {
  program('id', 'echo 0');
  for (const name of PROGRAMS.slice(1)) symlinkSync('/bin/true', join(directory, name));
  expect(run()).toMatchObject({ status: 1, stderr: expect.stringMatching(/^[^\n]* openssl\n$/) });
});
