import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PROGRAM } from '../support/lifeguard.ts';

/** Longest wait for a process to say something, milliseconds. */
const WAIT_MS = 60_000;
const UNITS = join(import.meta.dirname, '../../config/systemd');

let directory: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-service-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** Plays systemd's side of the notify socket. `address`: as NOTIFY_SOCKET has it. */
function listen(address: string) {
  const kind = address.startsWith('@') ? `ABSTRACT-RECV:${address.slice(1)}` : `UNIX-RECV:${address}`;
  const child = spawn('socat', ['-u', kind, '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let received = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  return () => received.split('\n').filter((line) => line !== '');
}

function begin(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [PROGRAM, 'serve'], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_LISTEN: '127.0.0.1:0',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return { child, said: () => said };
}

const soon = (look: () => void) => vi.waitFor(look, { timeout: WAIT_MS, interval: 10 });

test.each([
  { of: 'a path', at: () => join(directory, 'notify') },
  { of: 'an abstract address', at: () => `@lifeguard-test-${process.pid}-${basename(directory)}` },
])(
  'systemd learns at $of that the server is ready, alive, reloading and stopping (sd_notify(3))',
  async ({ at }) => {
    const address = at();
    const lines = listen(address);
    if (!address.startsWith('@')) await soon(() => expect(readdirSync(directory)).toContain('notify'));
    const { child } = begin({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '200000' });
    await soon(() => expect(lines()).toContain('WATCHDOG=1'));
    expect(lines().slice(0, 2)).toEqual(['READY=1', 'STATUS=Running.']);
    child.kill('SIGHUP');
    await soon(() => expect(lines().filter((line) => line === 'READY=1')).toHaveLength(2));
    const reloading = lines().indexOf('RELOADING=1');
    expect(lines()[reloading + 1]).toMatch(/^MONOTONIC_USEC=\d+$/);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await soon(() => expect(lines()).toContain('STOPPING=1'));
  },
);

test('a watchdog of another process is not answered, and a socket that is not there ends nothing', async () => {
  const socket = join(directory, 'none');
  const { child, said } = begin({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '200000', WATCHDOG_PID: '1' });
  await soon(() => expect(said()).toContain('Cannot tell the service manager how Lifeguard is.'));
  expect(said()).toContain('ENOENT');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(said().match(/Cannot tell the service manager/g)).toHaveLength(1);
});

test.each(readdirSync(UNITS))('systemd reads %s without a complaint, and finds its exposure OK', (unit) => {
  const text = readFileSync(join(UNITS, unit), 'utf8');
  expect(text).toMatch(/^Type=notify$/m);
  // The program is not installed on this machine.
  const file = join(directory, unit);
  writeFileSync(file, text.replaceAll('/usr/bin/lifeguard', '/bin/true'));
  expect(execFileSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })).toBe('');
  const security = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', file], {
    encoding: 'utf8',
  });
  expect(security).toMatch(/Overall exposure level for \S+: [01]\.\d OK/);
});
