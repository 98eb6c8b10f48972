import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestAdmin, POOLS, type TestAdmin, TOKEN } from '../admin/server.ts';
import { runHere } from '../support/in-process.ts';
import { zoneFile } from '../zone/zone-file.ts';

let api: TestAdmin;
beforeAll(async () => {
  api = await openTestAdmin({ zones: [zoneFile('example.com', '@ 60 NS ns1.example.org.')] });
  await api.call('POST', POOLS, { name: 'shop', origins: [{ name: 'one', address: '192.0.2.1' }] });
});
afterAll(() => api.stop());

const run = (...words: string[]) => runHere([...words, '--api', api.url, '--token', TOKEN]);

describe('what the command line says of common mistakes', () => {
  test.each<[number, string[], string]>([
    [4, ['pools', 'create'], 'name must be given (argument <name>).\norigins must be given (--endpoint).\n'],
    [
      4,
      ['pools', 'create', 'my pool', '-e', 'a=192.0.2.1'],
      'name must be 1 to 63 letters, digits, hyphens or underscores (argument <name>: "my pool").\n',
    ],
    [
      4,
      ['pools', 'create', 'shop', '-e', 'a=192.0.2.1'],
      'name is that of another pool (argument <name>: "shop").\n',
    ],
    [
      4,
      ['pools', 'create', 'new', '-e', 'a=192.0.2.300'],
      'origins[0].address must be an IPv4 address, an IPv6 address or a host name, and not unspecified or multicast (--endpoint: "192.0.2.300").\n',
    ],
    [
      4,
      ['monitors', 'create', 'm', '--expected-codes', '2xx', '--interval', '0'],
      'interval is not in the range [1, 3600] (--interval: 0).\n',
    ],
    [4, ['monitors', 'create', 'm'], 'expected_codes must be set for http monitors (--expected-codes).\n'],
    [
      4,
      ['lb', 'create', 'www.example.com'],
      'default_pools must be given (--pools).\nfallback_pool must be given (--fallback).\n',
    ],
    [
      4,
      ['lb', 'create', 'www', '--pools', 'shop', '--fallback', 'shop'],
      'invalid hostname: www (it is in no zone of this server) (argument <name>: "www").\n',
    ],
    [3, ['pools', 'get', 'shp'], 'No pool has the name or identifier "shp" (did you mean "shop"?).\n'],
    [3, ['pools', 'get', '192.0.2.1'], 'No pool has the name or identifier "192.0.2.1". The pools: shop.\n'],
    [
      3,
      ['lb', 'get', 'www'],
      'No load balancer has the name or identifier "www". There is no load balancer yet.\n',
    ],
    [
      4,
      ['override', 'set', 'out', 'shop', '-e', 'on', '-r', 'x'],
      'Pool "shop" has no endpoint "on". Its endpoints: one.\n',
    ],
    [
      4,
      ['zones', 'create', 'example.com'],
      'name is a zone of the configuration file (argument <name>: "example.com").\n',
    ],
    [2, ['apply', '-f', 'nosuch.yaml'], 'Cannot read nosuch.yaml: it does not exist\n'],
    [2, ['records', 'import', 'example.com', '/'], 'Cannot read /: it is a folder\n'],
  ])('%i %j', async (code, words, said) => {
    expect(await run(...words)).toEqual({ code, stdout: '', stderr: said });
  });

  test('a second override of one endpoint names the option that replaces the first', async () => {
    const words = ['override', 'set', 'out', 'shop', '-e', 'one', '-r', 'disk'];
    expect((await run(...words)).code).toBe(0);
    expect(await run(...words)).toEqual({
      code: 4,
      stdout: '',
      stderr: 'endpoint has an override already (--replace replaces it).\n',
    });
  });

  test.each([
    ['pools create new -e 192.0.2.1', 'It must be name=address, such as'],
    ['pools create new -e a=192.0.2.1:80', 'its port comes after a comma: a=192.0.2.1,port=80.'],
    ['pools create new -e a=http://www.example.net/', 'after a comma: a=www.example.net.'],
    ['pools get', "missing required argument 'pool'\nExample: lifeguard pools get web\n"],
    [
      'records add example.com www 192.0.2.1',
      "missing required argument 'content'\nExample: lifeguard records add example.com www A 192.0.2.1",
    ],
    ['pools lst', "unknown command 'lst'\n(Did you mean list?)\nExample: lifeguard pools list\n"],
    ['status', 'unknown command \'status\'\n("lifeguard --help" lists the commands.)\n'],
    ['help nosuch', "unknown command 'nosuch'"],
    ['help pools lst', '(Did you mean list?)'],
  ])('%s', async (line, said) => {
    const { code, stdout, stderr } = await runHere(line.split(' '));
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(said)]);
  });

  test('"help" with the words of a command prints its help, and runs nothing', async () => {
    const { stdout } = await runHere(['help', 'pools', 'create', 'extra']);
    expect(stdout).toContain('Usage: lifeguard pools create ');
  });

  test('a wrong token: which one it was, and where there is a right one', async () => {
    expect(await runHere(['pools', 'list', '--api', api.url, '--token', 'wrong-wrong-wrong'])).toEqual({
      code: 5,
      stdout: '',
      stderr: `Invalid access token.\nThe server at ${api.url} does not know the token of --token or LIFEGUARD_API_TOKEN. Run the command in the folder in which the server was started, where its data directory has the token, or name a token of the server with --token or LIFEGUARD_API_TOKEN.\n`,
    });
  });

  test('an address that does not answer by HTTP, as that of DNS', async () => {
    const dns = createServer((socket) => socket.resetAndDestroy());
    await new Promise<void>((listening) => dns.listen(0, '127.0.0.1', listening));
    const { port } = dns.address() as { port: number };
    const { code, stderr } = await runHere([
      'pools',
      'list',
      '--api',
      `http://127.0.0.1:${port}`,
      '--token',
      'x',
    ]);
    dns.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/: it does not answer by HTTP \(.*\)\. .* use the address of its API/),
    ]);
  });

  test('a test of notifications without destinations, and a search that finds nothing, say so', async () => {
    expect((await run('search', 'zzz')).stdout).toBe('Nothing was found with "zzz".\n');
    expect((await run('notifications', 'test')).stdout).toMatch(/^No destination is configured: /);
  });
});
