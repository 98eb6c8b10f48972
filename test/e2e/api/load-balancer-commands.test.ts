import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCommand } from '../../support/command-line.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';

const SOON = { timeout: 60_000, interval: 200 };
const NAME = 'www.example.com';
let directory: string;
let webs: WebServer[];
let all: LifeguardProcess;

/** Runs a command that must go well, and returns its lines, each as its columns. */
async function lifeguard(...words: string[]): Promise<string[][]> {
  const { code, stdout, stderr } = await runCommand(all, words);
  expect([words, code, stderr]).toEqual([words, 0, '']);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-lb-'));
  const first = await startWeb('127.0.0.1');
  webs = [first, await startWeb('127.0.0.2', first.port)];
  all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  await lifeguard(
    ...['monitors', 'create', 'web', '--type', 'http', '--expected-codes', '2xx'],
    ...['--interval', '1', '--timeout', '1', '--retries', '0', '--port', String(first.port)],
  );
  for (const [name, address] of [
    ['eu', '127.0.0.1'],
    ['us', '127.0.0.2'],
  ])
    await lifeguard('pools', 'create', name!, '-e', `${name}-1=${address}`, '--monitor', 'web');
  await lifeguard('pools', 'create', 'last', '-e', 'last-1=192.0.2.9');
}, 60_000);
afterAll(async () => {
  await endAll();
  for (const web of webs) await web.stop();
  rmSync(directory, { recursive: true });
});

test('a load balancer is made, shown with its state while pools fail, changed and deleted by commands', async () => {
  const made = await lifeguard('lb', 'create', NAME, '--pools', 'eu,us', '--fallback', 'last', '--ttl', '5');
  expect(made.slice(0, 2)).toEqual([
    ['NAME', 'ID', 'ENABLED', 'POLICY', 'TTL'],
    [NAME, expect.stringMatching(/^[0-9a-f]{32}$/), 'yes', 'off (default)', '5'],
  ]);
  const state = async () => (await lifeguard('lb', 'list'))[1];
  const pools = 'eu, us, last (fallback)';
  await vi.waitFor(async () => expect(await state()).toEqual([NAME, 'healthy', 'off', pools, 'eu']), SOON);
  expect((await dig(all.dns, NAME, 'A')).rdata).toEqual(['127.0.0.1']);

  await webs[0]!.stop();
  await vi.waitFor(async () => expect(await state()).toEqual([NAME, 'degraded', 'off', pools, 'us']), SOON);
  expect(await lifeguard('lb', 'get', NAME.toUpperCase())).toEqual([
    ['NAME', 'ID', 'ENABLED', 'POLICY', 'TTL'],
    [NAME, expect.any(String), 'yes', 'off (default)', '5'],
    [''],
    ['degraded: answers now with us'],
    ['ORDER', 'POOL', 'USABLE', 'STATUS', 'ENDPOINTS', 'FALLBACK', 'ANSWERS', 'SHARE'],
    ['1', 'eu', 'no', 'unhealthy', '0 of at least 1', 'no', 'no', '0 %'],
    ['2', 'us', 'yes', 'healthy', '1 of at least 1', 'no', 'yes', '100 %'],
    ['3', 'last', 'yes', 'unmonitored', '1 of at least 1', 'yes', 'no', '0 %'],
  ]);
  const explained = await lifeguard('explain', NAME);
  expect(explained[0]).toEqual([`${NAME}. A: NOERROR 127.0.0.2`]);
  expect(explained).toContainEqual(['1', 'eu', 'no', 'unhealthy: 0 of at least 1 endpoints', '0 %']);
  expect(explained).toContainEqual(['2', 'us', 'yes', 'healthy', '100 %']);

  await webs[1]!.stop();
  await vi.waitFor(
    async () => expect(await state()).toEqual([NAME, 'critical', 'off', pools, 'fallback last']),
    SOON,
  );
  const events = async () => (await lifeguard('events', '--kind', 'load_balancer')).slice(1);
  const failed = (pool: string) => `because pool "${pool}" is unhealthy`;
  const turns = [
    [
      'load_balancer',
      NAME,
      'healthy → degraded',
      `it answers with pool "us" instead of pool "eu", ${failed('eu')}`,
    ],
    [
      ...['load_balancer', NAME, 'degraded → critical'],
      `it answers with its fallback pool "last" instead of pool "us", ${failed('us')}`,
    ],
  ];
  await vi.waitFor(async () => expect((await events()).map(([, ...row]) => row)).toEqual(turns), SOON);
  await webs[1]!.start();
  await webs[0]!.start();
  await lifeguard(
    'lb',
    'update',
    NAME,
    '--policy',
    'random',
    '--weight',
    'eu=0.2',
    '--weight',
    'us=0.6',
    '--wait',
  );
  await vi.waitFor(
    async () => expect(await state()).toEqual([NAME, 'healthy', 'random', pools, 'eu 25 %, us 75 %']),
    SOON,
  );
  await lifeguard(
    ...['lb', 'update', NAME, '--country', 'DE=us', '--policy', 'geo'],
    ...['--rule', 'dns.qry.type == 28 => pools=us,last weights=us:0.5 terminates'],
    ...['--pool-set', 'JP,site:FRA => pools=us', '--location', 'mode=resolver_ip'],
    ...['--addresses-max', '3', '--all-down', 'last_healthy'],
  );
  expect((await lifeguard('lb', 'get', NAME)).slice(-5)).toEqual([
    ['LIST', 'FOR', 'POOLS', 'CHANGES'],
    ['pool set 1', 'site FRA, JP', 'us', '-'],
    ['rule 1', 'dns.qry.type == 28', 'us, last', 'us 0.5, terminates'],
    ['country DE', '-', 'us', '-'],
    ['default', '-', 'eu, us', '-'],
  ]);
  const { stdout } = await runCommand(all, ['lb', 'get', NAME, '--json']);
  const { result } = JSON.parse(stdout);
  expect(result).toMatchObject({ steering_policy: 'geo', country_pools: { DE: [result.default_pools[1]] } });
  expect((await lifeguard('lb', 'delete', NAME))[0]).toEqual([`Deleted load balancer "${NAME}".`]);
  expect(await lifeguard('lb', 'list')).toHaveLength(1);
}, 240_000);

test.each<[string[], number, RegExp]>([
  [['lb', 'get', 'none.example.com'], 3, /^No load balancer has the name or identifier "none\.example\.com"/],
  [
    ['lb', 'create', 'x.example.com', '--pools', 'lost', '--fallback', 'eu'],
    3,
    /^No pool has .* "lost" \(did you mean "last"\?\)/,
  ],
  [['lb', 'create', 'x.example.com', '--weight', 'eu'], 2, /such as eu=0\.5/],
  [['lb', 'create', 'x.example.com', '--country', 'DE'], 2, /such as DE=eu,us/],
  [['lb', 'create', 'x.example.com', '--rule', 'pools=eu'], 2, /a condition, "=>"/],
  [['explain', NAME, '--if', 'eu'], 2, /^"eu" is not a pool, an equals sign, and up or down\./],
  [['explain', NAME, '--place', 'Europe'], 4, /must be the code of a region/],
])('%j ends with code %i', async (words, code, said) => {
  const run = await runCommand(all, words);
  expect([run.code, run.stdout]).toEqual([code, '']);
  expect(run.stderr).toMatch(said);
});
