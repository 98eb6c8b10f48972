import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../support/command-line.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, PROGRAM, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { type ProgramRun, runProgram } from '../../support/run-program.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, makePool, NAME } from '../health/scenario.ts';

let directory: string;
let webs: WebServer[];
let all: LifeguardProcess;
let pool: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-e2e-'));
  const first = await startWeb('127.0.0.1');
  webs = [first, await startWeb('127.0.0.2')];
  all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  pool = (await makePool(all, webs)).id;
  await expectAddresses(all.dns, ['127.0.0.1', '127.0.0.2']);
}, 30_000);
afterAll(async () => {
  await endAll();
  for (const web of webs) await web.stop();
  rmSync(directory, { recursive: true });
});

/** Runs the program against the server that was started. */
const lifeguard = (...words: string[]): Promise<ProgramRun> => runCommand(all, words);

describe('commands that use a running server', () => {
  test('show pools, monitors and health as tables, or as the API returns them', async () => {
    const list = await lifeguard('pools', 'list');
    expect([list.code, list.stderr]).toEqual([0, '']);
    expect(list.stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['NAME', 'ID', 'HEALTHY', 'ENABLED', 'ENDPOINTS', 'MONITOR'],
      ['web', pool, 'yes', 'yes', '2', expect.stringMatching(/^[0-9a-f]{32}$/)],
      [''],
    ]);
    const one = JSON.parse((await lifeguard('pools', 'get', 'WEB', '--json')).stdout).result;
    expect(one).toMatchObject({ id: pool, name: 'web', origins: [{ name: 'web-1' }, { name: 'web-2' }] });
    expect((await lifeguard('pools', 'get', pool)).stdout).toMatch(
      /web-2 +127\.0\.0\.2 +yes +1 +yes +No failures/,
    );
    expect((await lifeguard('monitors', 'list')).stdout).toContain(one.monitor);
    expect((await lifeguard('monitors', 'get', one.monitor)).stdout).toMatch(/expected_codes +2xx/);
    expect((await lifeguard('health', 'web')).stdout).toMatch(
      /local +web-1 +127\.0\.0\.1 +yes +[0-9.]+ms +No failures +200/,
    );
  }, 120_000);

  test('force an endpoint out, explain it, and clear the override', async () => {
    const set = await lifeguard(
      'override',
      'set',
      'out',
      'web',
      '-e',
      'WEB-2',
      '-r',
      'disk',
      '--for',
      '2h',
      '-o',
      'ann',
    );
    expect([set.code, set.stderr]).toEqual([0, '']);
    expect(set.stdout).toMatch(/web +web-2 +out +active +- +\S+Z +ann +disk/);
    await expectAddresses(all.dns, ['127.0.0.1'], 1_000);
    const again = await lifeguard('override', 'set', 'in', 'web', '-e', 'web-2', '-r', 'disk');
    expect([again.code, again.stderr]).toEqual([
      4,
      'endpoint has an override already (--replace replaces it).\n',
    ]);

    const why = await lifeguard('explain', NAME);
    expect(why.code).toBe(0);
    expect(why.stdout).toContain(`${NAME}. A: NOERROR 127.0.0.1\n`);
    expect(why.stdout).toMatch(
      /web-2 +127\.0\.0\.2 +no +override +healthy +1 +out by ann: disk +local yes \(No failures, /,
    );
    const bare = await lifeguard('explain', 'web');
    expect(bare.stdout).toBe(
      `web. A: REFUSED\n"web" is in no zone of this server.\nPool "web" is answered at ${NAME}.\n`,
    );
    expect((await lifeguard('events', '--pool', 'nope')).code).toBe(3);
    const supposed = await lifeguard('explain', NAME, 'A', '--what-if', 'web-1:unhealthy');
    expect(supposed.stdout).toMatch(
      /Pool "web" in zone "example\.com": unhealthy\. It would answer nothing\./,
    );

    const list = JSON.parse((await lifeguard('override', 'list', '--pool', 'web', '--json')).stdout).result;
    expect(list).toMatchObject([{ endpoint: 'web-2', action: 'out', owner: 'ann' }]);
    const hours = (Date.parse(list[0].end) - Date.parse(list[0].created_on)) / 3_600_000;
    expect(hours).toBeCloseTo(2, 1);
    expect((await lifeguard('override', 'clear', 'web')).code).toBe(3);
    const cleared = await lifeguard('override', 'clear', 'web', '-e', 'web-2');
    expect([cleared.code, cleared.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^Deleted the override "out" of endpoint "web-2" of pool "web"\. Its checks decide again\.\nrevision [0-9]+\n$/,
      ),
    ]);
    await vi.waitFor(async () => expect((await dig(all.dns, NAME, 'A')).answer.length).toBe(2), 40_000);
  }, 120_000);

  test('export a document, and apply it with changes', async () => {
    const file = join(directory, 'wanted.yaml');
    const exported = await lifeguard('export');
    expect([exported.code, exported.stderr]).toEqual([0, '']);
    expect(exported.stdout).toMatch(/^ {2}- name: web$/m);
    // The monitor has no description either, and is known by its identifier.
    expect(exported.stdout).toMatch(/^ {2}- id: [0-9a-f]{32}\n {4}type: http\n {4}description: ""$/m);
    writeFileSync(
      file,
      exported.stdout.replace(/(- name: web\n {4}description:) ""/, (_, before) => `${before} two webs`),
    );
    const planned = await lifeguard('apply', '-f', file, '--dry-run', '--prune');
    expect([planned.code, planned.stderr]).toEqual([0, '']);
    expect(planned.stdout).toMatch(
      /update +pool +web +description\nDry run: 1 change to make, 1 object unchanged\. Nothing was changed\.\n$/,
    );
    expect(JSON.parse((await lifeguard('apply', '-f', file, '--json')).stdout).result).toMatchObject({
      dry_run: false,
      changes: [{ action: 'update', kind: 'pool', name: 'web', fields: ['description'] }],
    });
    expect((await lifeguard('apply', '-f', file)).stdout).toMatch(
      /^Made 0 changes in revision [0-9]+; 2 objects unchanged\.\n$/,
    );
    await expectAddresses(all.dns, ['127.0.0.1', '127.0.0.2'], 1_000);
    writeFileSync(file, 'pools: [');
    expect((await lifeguard('apply', '-f', file)).code).toBe(2);
    writeFileSync(file, 'pool: []');
    expect(await lifeguard('apply', '-f', file)).toMatchObject({
      code: 4,
      stderr: 'pool is not a known field (did you mean "pools"?).\n',
    });
  }, 120_000);

  test('create, change and delete a pool from standard input, and wait until DNS answers it', async () => {
    const body = 'description: piped\norigins: [{ name: a, address: 192.0.2.9 }]\n';
    const made = await runCommand(all, ['pools', 'create', 'piped', '-f', '-', '--wait'], body);
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toMatch(/^a +192\.0\.2\.9 +yes +1 /m);
    expect(made.stdout).toMatch(/\nrevision [0-9]+\n$/);
    const name = 'piped.pools.example.com';
    expect((await dig(all.dns, name, 'A')).rdata).toEqual(['192.0.2.9']);
    const changed = await lifeguard('pools', 'update', 'piped', '--add', 'b=192.0.2.10', '--wait', '--json');
    expect(JSON.parse(changed.stdout).result).toMatchObject({
      description: 'piped',
      origins: [{ name: 'a' }, { name: 'b' }],
    });
    expect((await dig(all.dns, name, 'A')).rdata.toSorted()).toEqual(['192.0.2.10', '192.0.2.9']);
    expect((await lifeguard('pools', 'delete', 'piped', '--wait')).code).toBe(0);
    expect((await dig(all.dns, name, 'A')).status).toBe('NXDOMAIN');
  }, 120_000);

  test('hash a secret from standard input, without a server', async () => {
    const hash = (input: string) => runProgram(process.execPath, [PROGRAM, 'token', 'hash'], { input });
    // SHA-256 of "abc" (FIPS 180-4).
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await hash('abc\n')).toEqual({ code: 0, stdout: `${abc}\n`, stderr: '' });
    expect(await hash('a b\n')).toMatchObject({ code: 2, stdout: '' });
    expect((await hash('x'.repeat(512))).code).toBe(0);
    expect((await hash('x'.repeat(513))).code).toBe(2);
  }, 120_000);

  test('end without an error when their reader closes the pipe', async () => {
    const words = [process.execPath, PROGRAM, 'completion', 'bash'].map((word) => `'${word}'`).join(' ');
    const run = await runProgram('bash', ['-c', `set -o pipefail; ${words} | true`]);
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' });
  }, 60_000);

  test.each<[number, string, RegExp]>([
    [3, 'pools get wep', /^No pool has the name or identifier "wep" \(did you mean "web"\?\)\.\n$/],
    [3, 'monitors get none', /^No monitor has the description or identifier "none"\.\n$/],
    [3, 'health none', /^No pool has the name or identifier "none"\. The pools: /],
    [4, 'override set out none -r x', /^No pool has the name or identifier "none"\.\n$/],
    [4, 'explain a..b', /^name is not a domain name\.\n$/],
    [2, 'apply -f /nothing/here.yaml', /^Cannot read \/nothing\/here\.yaml: it does not exist\n$/],
    [2, 'override set up web -r x', /Allowed choices are in, out, maintenance/],
    [2, 'override set out web', /--reason/],
    [
      2,
      'override set out web -r x --for ever',
      /'--for <time>' argument 'ever' is invalid\. It must be a time/,
    ],
    [
      2,
      'override set out web -r x --for 1h --end 2030-01-01T00:00:00Z',
      /'--for <time>' cannot be used with/,
    ],
    [2, 'pools', /Usage: lifeguard pools/],
    [2, 'pools list --nothing', /unknown option/],
    [2, 'nothing', /unknown command/],
    [
      1,
      'pools list --api http://127.0.0.1:2',
      /^Cannot reach the server at http:\/\/127\.0\.0\.1:2: connect ECONNREFUSED .*\. Check that it runs \(/,
    ],
    [2, 'pools list --api nothing', /^--api must be an http or https URL such as \S+, not "nothing"\.\n$/],
    [
      5,
      'pools list --token wrong-wrong-wrong',
      /^Invalid access token\.\nThe server at \S+ does not know the token of --token/,
    ],
  ])(
    'exit code %i: %s',
    async (code, words, said) => {
      const given = words.split(' ');
      const target = [
        ...(words.includes('--api') ? [] : ['--api', new URL(all.api).origin]),
        ...(words.includes('--token') ? [] : ['--token', TOKEN]),
      ];
      const isUsage = /^(pools|nothing)$/.test(words);
      const run = await runProgram(process.execPath, [PROGRAM, ...given, ...(isUsage ? [] : target)]);
      expect(run.stderr).toMatch(said);
      expect([run.code, run.stdout]).toEqual([code, '']);
    },
    60_000,
  );

  test('find server and token in the configuration, as the server does', async () => {
    const env = {
      PATH: process.env.PATH ?? '',
      LIFEGUARD_DATA_DIR: join(directory, 'own'),
      LIFEGUARD_API_LISTEN: '127.0.0.1:0',
    };
    const own = await startLifeguard('all', { ...env, LIFEGUARD_API_TOKEN: '' });
    const listen = new URL(own.api).host;
    const run = await runProgram('env', [
      ...Object.entries({ ...env, LIFEGUARD_API_LISTEN: listen }).map(([name, value]) => `${name}=${value}`),
      process.execPath,
      PROGRAM,
      'pools',
      'list',
      '--json',
    ]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({ success: true, result: [] });
  }, 30_000);
});
