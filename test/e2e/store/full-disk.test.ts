import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, readOwn } from '../../support/api.ts';
import { runCommand } from '../../support/command-line.ts';
import { endAll, type LifeguardProcess, PROGRAM, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { runProgram } from '../../support/run-program.ts';
import { samplesOf } from '../../support/server/prometheus.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, expectAddressesNow, makePool } from '../health/scenario.ts';

let directory: string;
let all: LifeguardProcess;
let webs: WebServer[];
const soon = { timeout: 40_000, interval: 100 };
const headers = { authorization: `Bearer ${TOKEN}` };
const WHY = 'The disk fails';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-full-'));
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

const readiness = async () => (await fetch(new URL('/readyz', all.api))).json();
const metric = async (name: string) => {
  const text = await (await fetch(new URL('/metrics', all.api), { headers })).text();
  return samplesOf(text).get(`lifeguard_${name}`);
};
/** As on a disk without room: no file of the process grows beyond so many octets (setrlimit(2), RLIMIT_FSIZE). */
const limitFiles = (octets: number | 'unlimited') =>
  execFileSync('prlimit', ['--pid', String(all.process.pid), `--fsize=${octets}:unlimited`]);

test('with a full disk, refusals have their reason and no vote stays; everything is written when there is room', async () => {
  limitFiles(statSync(join(directory, 'lifeguard.sqlite-wal')).size);
  await webs[1]!.stop();
  const refused = { code: 1510, message: `The store refuses this: ${WHY}. Nothing was written.` };
  const write = () => call(all, 'POST', '/monitors', { type: 'tcp', port: 80 });
  await expect.poll(write, soon).toMatchObject({ status: 503, errors: [refused] });
  const troubled = { ready: true, store: `The store refuses writes: ${WHY}.`, alarms: ['store_refuses'] };
  await expect.poll(readiness, soon).toEqual(troubled);
  expect(await metric('alarms{alarm="store_refuses"}')).toBe(1);
  await expect.poll(() => metric('live_workers{region="local"}'), soon).toBe(0);
  expect(await metric('endpoints_stale')).toBe(2);
  await expectAddressesNow(all.dns, ['127.0.0.1', '127.0.0.2']);

  const [live, ready] = await Promise.all(
    [[], ['--ready']].map((options) =>
      runProgram('env', [
        `LIFEGUARD_API_LISTEN=${new URL(all.api).host}`,
        `LIFEGUARD_DATA_DIR=${directory}`,
        process.execPath,
        PROGRAM,
        'check-live',
        'serve',
        ...options,
      ]),
    ),
  );
  expect(live).toMatchObject({ code: 0, stdout: expect.stringMatching(/ answered with status 200\.\n$/) });
  const answers = expect.stringContaining(` answered with status 200. The store refuses writes: ${WHY}.\n`);
  expect(ready).toMatchObject({ code: 0, stdout: answers });
  const health = await runCommand(all, ['health', 'web']);
  expect(health.code).toBe(4);
  const said = `The store refuses writes: ${WHY} \\(since [-\\d]{10} [:\\d]{8} UTC, \\d+ s\\)\\.`;
  expect(health.stderr).toMatch(new RegExp(said));
  const [pool] = (await call(all, 'GET', '/pools')).result;
  const begun = await call(all, 'POST', `/pools/${pool.id}/preview`, { type: 'tcp', port: webs[0]!.port });
  expect(begun.messages).toMatchObject([{ code: 1510, message: expect.stringMatching(said) }]);
  const shown = () => call(all, 'GET', `/preview/${begun.result.preview_id}`);
  expect(await shown()).toMatchObject({ result: {}, messages: [{ message: expect.stringMatching(said) }] });

  limitFiles('unlimited');
  await expectAddresses(all.dns, ['127.0.0.1'], 15_000);
  await expect.poll(readiness, soon).toEqual({ ready: true });
  await expect.poll(async () => Object.keys((await shown()).result), soon).toEqual([pool.id]);
  expect((await shown()).messages).toEqual([]);
  expect((await write()).status).toBe(200);
  // They are caught up one after the other.
  const told = async (kind: string) => JSON.stringify(await readOwn(all, `/events?kind=${kind}`));
  await expect.poll(() => told('alarm'), soon).toContain(`(${WHY})`);
  await expect.poll(() => told('endpoint'), soon).toContain('"now":"unhealthy"');
}, 90_000);
