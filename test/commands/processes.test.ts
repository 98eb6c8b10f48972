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
  '%s with a bad configuration says all that is wrong, does nothing, and ends with 2',
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

test('check-config with a good one ends with 0', async () => {
  const { code, stderr } = await run(['check-config']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('monitor without Redis says what it needs', async () => {
  const { code, stdout, stderr } = await run(['monitor']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^A monitor needs the Redis store .*\. Set LIFEGUARD_REDIS_URL\. .*\n$/);
});

test('two servers in one data directory: the second says what to do, whatever its store, until the first is gone', async () => {
  const env = { LIFEGUARD_DATA_DIR: directory };
  const redis = { ...env, LIFEGUARD_REDIS_URL: 'redis://127.0.0.1:1' };
  for (const first of [env, redis]) {
    const server = await startLifeguard('serve', first);
    for (const second of [env, redis]) {
      const { code, stderr } = await run(['serve'], second);
      expect([code, stderr]).toEqual([
        1,
        `Cannot use the data directory ${directory}: another server uses it. Each server needs a data directory of its own, which its user may write. Choose another with LIFEGUARD_DATA_DIR.\n`,
      ]);
    }
    await server.end('SIGKILL');
  }
});

test('a data directory where there can be none: it says so, and does not try for ever', async () => {
  const { code, stderr } = await run(['serve'], { LIFEGUARD_DATA_DIR: '/proc/none/there' });
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(
      /^Cannot create the data directory \/proc\/none\/there: .*\. Choose another with LIFEGUARD_DATA_DIR\.\n$/,
    ),
  ]);
});

const OLDER = "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.0.0' })";

test('an older Node is told in one line what is needed, and how the one that npm ci installed is used', async () => {
  const { code, stdout, stderr } = await runProgram(process.execPath, ['--import', OLDER, PROGRAM, 'serve']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^lifeguard needs Node 26 or newer; this is v\S+ \(\/.*\)\. Start it with "npm start" or "npm run lifeguard", which use .*\.\n$/,
  );
});

test('Node 12, as of Ubuntu 22.04, can read the first file of the program, and so say what is needed', () => {
  const source = readFileSync(PROGRAM, 'utf8').replaceAll('import.meta', 'meta');
  const code = source.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '').replace(/^import .*$/gm, '');
  // Node 14 is the first to have optional chaining and await outside of functions, Node 15 logical assignment.
  expect(code).not.toMatch(/\?\.|\?\?|(\|\||&&)=/);
  expect(() => new Function(code)).not.toThrow();
});

test('an older Node after npm ci --omit=dev is not told to start it the way it was started, and no packages are told of', async () => {
  // As that leaves it: without the package `node`; and as a fresh clone is, without packages.
  const copy = join(directory, 'src/lifeguard.js');
  cpSync(dirname(PROGRAM), dirname(copy), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{"type":"module","version":"0"}');
  const older = await runProgram(process.execPath, ['--import', OLDER, copy, 'serve']);
  expect([older.code, older.stdout]).toEqual([1, '']);
  expect(older.stderr).toMatch(
    /^lifeguard needs Node 26 .*\. Install Node 26 or newer on this machine and start it again\. Or run "npm ci" without --omit=dev and without --ignore-scripts, .*\.\n$/,
  );
  const bare = await runProgram(process.execPath, [copy, 'serve']);
  expect([bare.code, bare.stdout]).toEqual([1, '']);
  expect(bare.stderr).toMatch(/^lifeguard cannot find its packages: .*\. Run "npm ci" first\.\n$/);
});

test('the first start tells where its token is, whatever the level of the log, and nobody else can read what it keeps', async () => {
  const env = { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_API_TOKEN: '', LIFEGUARD_LOG_LEVEL: 'info' };
  const all = await startLifeguard('all', env);
  const path = join(directory, 'admin-token');
  expect(all.log).toContainEqual({ msg: `Created an API token in ${path}, readable by its owner only.` });
  const kept = readdirSync(directory).filter((name) => name !== 'bad.yaml');
  expect(kept).toContain('lifeguard.sqlite');
  for (const name of kept) expect(statSync(join(directory, name)).mode & 0o077, name).toBe(0);
});

test('a start reads what one before it made of the source', async () => {
  await run(['--help']);
  const again = await run(['--help'], { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
  expect(again.stderr).toMatch(/cache for ESM file:\S+\/src\/main\.ts was accepted/);
});

test('threads read what was made of the source, too', async () => {
  const env = { LIFEGUARD_DATA_DIR: directory, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  const server = await startLifeguard('serve', env);
  await server.end();
  const said = server.log.map(({ msg }) => String(msg));
  const ofThread = said.filter((line) => /file:\S+\/src\/serve\/udp\/batched-entry\.ts/.test(line));
  if (server.log.some(({ engine }) => engine === 'batched')) expect(ofThread).not.toEqual([]);
});
