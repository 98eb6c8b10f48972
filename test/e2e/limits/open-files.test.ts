import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../../support/api.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, expectAddressesNow, makePool } from '../health/scenario.ts';

let directory: string;
let all: LifeguardProcess;
let webs: WebServer[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-files-'));
  webs = await Promise.all([startWeb('127.0.0.1'), startWeb('127.0.0.2')]);
  all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  await makePool(all, webs);
  await expectAddresses(all.dns, ['127.0.0.1', '127.0.0.2'], 10_000);
});
afterAll(async () => {
  await endAll();
  await Promise.all(webs.map((web) => web.stop()));
  rmSync(directory, { recursive: true });
});

/** Fewer than are open: the process opens no file and no socket until it may again (setrlimit(2), RLIMIT_NOFILE). */
const NO_MORE = 3;
const ENOUGH = 1_024;
const limitOpenFiles = (files: number) =>
  execFileSync('prlimit', ['--pid', String(all.process.pid), `--nofile=${files}:`]);

/** Lines that say that checks cannot be run, and why. */
const faults = () => all.log.filter(({ msg }) => String(msg).startsWith('Cannot run a check.'));

test('a process that may open no more files answers as before, blames no endpoint, and goes on when it may again', async () => {
  limitOpenFiles(NO_MORE);
  await webs[1]!.stop();
  await expect.poll(faults, { timeout: 40_000 }).not.toEqual([]);
  const [{ err, faults: before }] = faults() as [{ err: { message: string }; faults: number }];
  expect(err.message).toMatch(
    /^this process has as many files and sockets open as it may; raise its limit .* \(EMFILE\)/,
  );
  expect(before).toBe(1);
  await expectAddressesNow(all.dns, ['127.0.0.1', '127.0.0.2']);

  limitOpenFiles(ENOUGH);
  await expectAddresses(all.dns, ['127.0.0.1'], 30_000);
  expect((await call(all, 'POST', '/monitors', { type: 'tcp', port: 80 })).status).toBe(200);
  expect(all.process.exitCode).toBeNull();
}, 90_000);
