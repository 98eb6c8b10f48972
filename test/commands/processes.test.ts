/** What a user sees who starts the program wrongly, or for the first time: whole processes, each to its end. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endAll, startLifeguard } from '../support/lifeguard.ts';
import { runProgram } from '../support/run-program.ts';
import { PROJECT } from '../support/source-tree.ts';

const PROGRAM = join(PROJECT, 'src/lifeguard.js');

let directory: string;
let bad: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-processes-'));
  bad = join(directory, 'bad.yaml');
  writeFileSync(bad, 'regoin: eu\napi: { listen: "5380" }\ndns: { workers: 0 }\n');
});
afterEach(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

/** `env -i` leaves nothing of this process's environment. */
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runProgram('env', [
    '-i',
    `LIFEGUARD_DATA_DIR=${join(directory, 'data')}`,
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    process.execPath,
    PROGRAM,
    ...args,
  ]);

const PROBLEMS = [
  'regoin: is not a key here (did you mean "region"?)',
  'dns.workers: is 0; must be a whole number from 1 to 256',
  'api.listen: "5380" is not address:port, with an IPv6 address in brackets',
];

test.each(['check-config', 'serve', 'monitor', 'all', 'demo'])(
  '%s with an invalid configuration reports all errors, does nothing, and exits with 2',
  async (command) => {
    const found = await run([command, '--config', bad]);
    expect(
      found.stderr
        .trim()
        .split('\n')
        .slice(-PROBLEMS.length)
        .map((line) => line.trim())
        .sort(),
    ).toEqual(PROBLEMS.toSorted());
    expect(found).toMatchObject({ code: 2, stdout: '' });
    expect(existsSync(join(directory, 'data'))).toBe(false);
    expect(await run([command], { LIFEGUARD_CONFIG: bad })).toEqual(found);
  },
);

test('check-config with a valid configuration exits with 0', async () => {
  const { code, stderr } = await run(['check-config']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('monitor without Redis says what it needs', async () => {
  const { code, stdout, stderr } = await run(['monitor']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^A monitor needs the Redis store .*\. Set LIFEGUARD_REDIS_URL\. .*\n$/);
});

test('a second server in the same data directory says what to do, with any store, until the first is gone', async () => {
  const env = { LIFEGUARD_DATA_DIR: directory };
  const redis = { ...env, LIFEGUARD_REDIS_URL: 'redis://127.0.0.1:1' };
  for (const first of [env, redis]) {
    const server = await startLifeguard('serve', first);
    for (const second of [env, redis]) {
      const { code, stderr } = await run(['serve'], second);
      expect([code, stderr]).toEqual([
        1,
        `Cannot use the data directory ${directory}: another server uses it. Stop that server, or replace it with --replace of "serve" and "all". A second server needs a data directory of its own: choose one with LIFEGUARD_DATA_DIR.\n`,
      ]);
    }
    await server.end('SIGKILL');
  }
});

test('a data directory that cannot be created is reported, and the start ends', async () => {
  const { code, stderr } = await run(['serve'], { LIFEGUARD_DATA_DIR: '/proc/none/there' });
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(
      /^Cannot create the data directory \/proc\/none\/there: .*\. Choose another with LIFEGUARD_DATA_DIR\.\n$/,
    ),
  ]);
});

const OLDER = "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.0.0' })";

test('an older Node prints one line with the needed version and how to use the installed one', async () => {
  const { code, stdout, stderr } = await runProgram(process.execPath, ['--import', OLDER, PROGRAM, 'serve']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^lifeguard needs Node 26 or newer; this is v\S+ \(\/.*\)\. Start it with "npm start", "npm run lifeguard" or bin\/lifeguard, which use .*\.\n$/,
  );
});

test('Node 12 (Ubuntu 22.04) can parse the first file of the program, so that it can say what is needed', () => {
  const source = readFileSync(PROGRAM, 'utf8').replaceAll('import.meta', 'meta');
  const code = source.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '').replace(/^import .*$/gm, '');
  // Node 14 is the first to have optional chaining and await outside of functions, Node 15 logical assignment.
  expect(code).not.toMatch(/\?\.|\?\?|(\|\||&&)=/);
  expect(() => new Function(code)).not.toThrow();
});

test('without its packages the program says what to install, and does not advise the same start again', async () => {
  // As that leaves it: without the package of Node; and as a fresh clone is, without packages.
  const copy = join(directory, 'src/lifeguard.js');
  cpSync(dirname(PROGRAM), dirname(copy), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{"type":"module","version":"0"}');
  const older = await runProgram(process.execPath, ['--import', OLDER, copy, 'serve']);
  expect([older.code, older.stdout]).toEqual([1, '']);
  expect(older.stderr).toMatch(
    /^lifeguard needs Node 26 .*\. Install Node 26 or newer on this machine and start it again\. Or run "npm ci" without --omit=optional, .*\.\n$/,
  );
  const bare = await runProgram(process.execPath, [copy, 'serve']);
  expect([bare.code, bare.stdout]).toEqual([1, '']);
  expect(bare.stderr).toMatch(/^lifeguard cannot find its packages: .*\. Run "npm ci" first\.\n$/);
});

test('the first start says where its token is, and only the owner can read the files that it keeps', async () => {
  const env = { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_API_TOKEN: '', LIFEGUARD_LOG_LEVEL: 'info' };
  const all = await startLifeguard('all', env);
  const path = join(directory, 'admin-token');
  expect(all.log).toContainEqual({ msg: `Created an API token in ${path}, readable by its owner only.` });
  const kept = readdirSync(directory).filter((name) => name !== 'bad.yaml');
  expect(kept).toContain('lifeguard.sqlite');
  for (const name of kept) expect(statSync(join(directory, name)).mode & 0o077, name).toBe(0);
});

test('a start uses the compile cache of the start before', async () => {
  await run(['--help']);
  const again = await run(['--help'], { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
  expect(again.stderr).toMatch(/cache for ESM file:\S+\/src\/main\.ts was accepted/);
});

test('threads use the compile cache, too', async () => {
  const env = { LIFEGUARD_DATA_DIR: directory, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  const server = await startLifeguard('serve', env);
  await server.end();
  const said = server.log.map(({ msg }) => String(msg));
  const ofThread = said.filter((line) => /file:\S+\/src\/serve\/udp\/batched-entry\.ts/.test(line));
  if (server.log.some(({ engine }) => engine === 'batched')) expect(ofThread).not.toEqual([]);
});
