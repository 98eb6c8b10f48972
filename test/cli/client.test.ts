import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hashToken } from '../../src/admin/access/auth.ts';
import { type Running, start } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { runHere } from '../support/in-process.ts';
import { startWeb, type WebServer } from '../support/server/web.ts';

let directory: string;
let web: WebServer;
let node: Running;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-client-'));
  web = await startWeb('127.0.0.1');
  const env = {
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
    LIFEGUARD_API_LISTEN: '127.0.0.1:0',
    LIFEGUARD_DATA_DIR: directory,
  };
  const loaded = loadConfig({ env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  node = await start(loaded.config, createLogger({ level: 'silent' }), { monitor: true });
}, 30_000);
afterAll(async () => {
  await node.stop();
  await web.stop();
  rmSync(directory, { recursive: true });
});

const run = (words: readonly string[], token = node.token) =>
  runHere([...words, '--api', node.api, '--token', token]);

/** Runs a command that must go well, and gives what it prints. */
async function well(words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(words);
  expect([words, code, stderr]).toEqual([words, 0, '']);
  return stdout;
}

/** The same with `--json`, read: the whole answer of the API, of which this gives the result. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape.
async function json(words: readonly string[]): Promise<any> {
  const answer = JSON.parse(await well([...words, '--json']));
  expect([words, answer]).toEqual([words, expect.objectContaining({ success: true, errors: [] })]);
  expect(answer.messages).toEqual(expect.any(Array));
  return answer.result;
}

/** Runs a command that must not, and gives its exit code and what it says. */
async function badly(...words: string[]): Promise<[number, string]> {
  const { code, stdout, stderr } = await run(words);
  expect(stdout).toBe('');
  return [code, stderr];
}

describe('objects of a running server', { timeout: 120_000 }, () => {
  test('messages of the server beside a result are printed on standard error', async () => {
    await well(['monitors', 'create', 'said', '--type', 'tcp', '--port', '80']);
    const { id } = (await json(['monitors', 'list'])).find(
      ({ description }: { description: string }) => description === 'said',
    );
    const told = `Monitor ${id} has the description "said" too. The command line and documents of apply cannot name one of them by it: use the identifier.\n`;
    const again = await run(['monitors', 'create', 'said', '--type', 'tcp', '--port', '80']);
    expect([again.code, again.stderr]).toEqual([0, told]);
    for (const each of await json(['monitors', 'list']))
      if (each.description === 'said') await well(['monitors', 'delete', each.id]);
  });

  test('a pool is created, changed and deleted by options', async () => {
    const probing = ['--type', 'http', '--expected-codes', '2xx', '--interval', '1', '--timeout', '1'];
    const made = await json([
      'monitors',
      'create',
      'web check',
      ...probing,
      '--header',
      'Accept: */*',
      '--header',
      'X-A: b',
    ]);
    expect(made).toMatchObject({
      description: 'web check',
      interval: 1,
      header: { Accept: ['*/*'], 'X-A': ['b'] },
    });

    const endpoint = (name: string, address: string) => `${name}=${address},port=${web.port}`;
    const pool = ['pools', 'create', 'web', '-e', `${endpoint('one', '127.0.0.1')},host=web.example.org`];
    const told = await well([
      ...pool,
      '-e',
      `${endpoint('two', '127.0.0.2')},weight=0.5,enabled=no`,
      '--monitor',
      'WEB check',
      '--wait',
    ]);
    expect(told).toMatch(/^web +[0-9a-f]{32} /m);
    expect(told).toMatch(/^two +127\.0\.0\.2 +no +0\.5 /m);
    expect(told).toMatch(/\nrevision [0-9]+\n$/);
    expect(await json(['pools', 'get', 'web'])).toMatchObject({
      monitor: made.id,
      origins: [
        { port: web.port, header: { Host: ['web.example.org'] } },
        { weight: 0.5, enabled: false },
      ],
    });
    await vi.waitFor(
      async () => expect(await well(['health', 'web'])).toMatch(/ 127\.0\.0\.1 +yes /),
      10_000,
    );

    await well(['pools', 'update', 'web', '--description', 'two webs', '--minimum-origins', '0']);
    const amended = [
      'pools',
      'update',
      'web',
      '--add',
      'three=192.0.2.3',
      '--add',
      `${endpoint('TWO', '127.0.0.2')}`,
    ];
    const { origins } = await json([...amended, '--remove', 'ONE', '--wait', '10s']);
    expect(origins).toMatchObject([
      { name: 'TWO', enabled: true },
      { name: 'three', address: '192.0.2.3' },
    ]);
    expect(await json(['pools', 'get', 'web'])).toMatchObject({
      description: 'two webs',
      minimum_origins: 0,
    });
    expect(await badly('pools', 'update', 'web', '--remove', 'none')).toEqual([
      3,
      'Pool "web" has no endpoint "none". Its endpoints: TWO, three.\n',
    ]);
    expect(await badly('pools', 'update', 'web')).toEqual([
      2,
      'There is nothing to change. Use --file or the option of a property.\n',
    ]);

    expect((await badly('monitors', 'delete', 'web check'))[0]).toBe(4);
    expect(await well(['monitors', 'references', 'web check'])).toMatch(
      /^used by +pool +web +[0-9a-f]{32}$/m,
    );
    expect(await well(['search', 'WEB'])).toMatch(
      /^pool +web +[0-9a-f]{32} +monitor web check +-\nmonitor +web check +[0-9a-f]{32} +- +pool web$/m,
    );
    expect(await json(['search', 'none'])).toMatchObject({ resources: [] });
    await well(['pools', 'update', 'web', '--monitor', '']);
    expect(await well(['monitors', 'delete', 'web check'])).toMatch(
      /^Deleted monitor "web check"\.\nrevision [0-9]+\n$/,
    );
    expect(await json(['pools', 'delete', 'WEB'])).toEqual({ id: expect.any(String) });
    expect((await badly('pools', 'delete', 'web'))[1]).toMatch(/^No pool .* There is no pool yet\.\n$/);
  });

  test('request bodies come from a file, and options override them', async () => {
    const file = join(directory, 'pool.yaml');
    writeFileSync(
      file,
      'name: filed\ndescription: from a file\norigins:\n  - { name: a, address: 192.0.2.1 }\n',
    );
    await well(['pools', 'create', '-f', file, '--description', 'from here']);
    const asJson = join(directory, 'pool.json');
    writeFileSync(asJson, JSON.stringify({ name: 'json', origins: [{ name: 'b', address: '2001:db8::1' }] }));
    await well(['pools', 'create', '-f', asJson]);
    expect(await json(['pools', 'list'])).toMatchObject([
      { name: 'filed', description: 'from here' },
      { name: 'json', origins: [{ address: '2001:db8::1' }] },
    ]);
    // PATCH leaves the description as it is; PUT gives it its default again.
    expect(await json(['pools', 'update', 'filed', '--enabled', 'no'])).toMatchObject({
      description: 'from here',
    });
    const replaced = await json(['pools', 'update', 'filed', '--replace', '-f', file, '--description', '']);
    expect(replaced).toMatchObject({ enabled: true, description: '' });
    writeFileSync(file, '- 1\n');
    expect(await badly('pools', 'create', '-f', file)).toEqual([
      2,
      `${file} must be a mapping with properties of a pool.\n`,
    ]);
    expect(await badly('pools', 'create', 'none')).toEqual([4, 'origins must be given (--endpoint).\n']);
    for (const [endpoint, why] of [
      ['192.0.2.1', 'It must be name=address'],
      ['a=192.0.2.1,color=red', '"color=red" is not port='],
      ['a=192.0.2.1,port=x', 'It must be a number'],
      ['a=192.0.2.1,enabled=perhaps', 'It must be yes or no'],
    ])
      expect(await badly('pools', 'create', 'none', '-e', endpoint!)).toEqual([
        2,
        expect.stringContaining(why!),
      ]);
    await well(['pools', 'delete', 'filed']);
    await well(['pools', 'delete', 'json']);
  });

  test('groups of monitors are created with the descriptions of their monitors', async () => {
    for (const name of ['first', 'second'])
      await well(['monitors', 'create', name, '--type', 'tcp', '--port', '80']);
    const members = ['--member', 'first,must_be_healthy', '--member', 'second,monitoring_only,disabled'];
    const group = await json(['groups', 'create', 'both', ...members]);
    expect(group.members).toMatchObject([
      { enabled: true, monitoring_only: false, must_be_healthy: true },
      { enabled: false, monitoring_only: true, must_be_healthy: false },
    ]);
    const pool = await json(['pools', 'create', 'grouped', '-e', 'a=192.0.2.1', '--monitor-group', 'BOTH']);
    expect(pool.monitor_group).toBe(group.id);
    expect(await well(['groups', 'list'])).toMatch(/both +2\n/);
    await well(['groups', 'update', 'both', '--member', 'second', '--description', 'one']);
    expect(await well(['groups', 'get', 'one'])).toMatch(/\nsecond +yes +no +no\n$/);
    expect(await badly('groups', 'update', 'one', '--member', 'third')).toEqual([
      3,
      'No monitor has the description or identifier "third". The monitors: first, second.\n',
    ]);
    const second = await run(['monitors', 'create', 'first', '--type', 'tcp', '--port', '81']);
    expect(second.code).toBe(0);
    expect(second.stderr).toMatch(/^Monitor [0-9a-f]{32} has the description "first" too\. /);
    expect(await badly('monitors', 'get', 'first')).toEqual([
      1,
      expect.stringMatching(
        /^2 monitors have the description "first"\. Use an identifier: [0-9a-f]{32}, [0-9a-f]{32}\.\n$/,
      ),
    ]);
    await well(['pools', 'delete', 'grouped']);
    expect(await well(['groups', 'delete', 'one'])).toMatch(/^Deleted monitor group "one"\.\n/);
    for (const { id } of await json(['monitors', 'list'])) await well(['monitors', 'delete', id]);
  });

  test('zones and their settings are created, changed and listed', async () => {
    // Nobody noted when the file was changed.
    expect(await well(['zones', 'list'])).toMatch(/^example\.com +[0-9a-f]{32} +ns1\.example\.com .* -$/m);
    await well(['zones', 'create', 'lb.example.net', '--wait']);
    expect(await json(['zones', 'get', 'LB.example.net.'])).toMatchObject({ name: 'lb.example.net' });
    expect(
      await json(['zones', 'update', 'lb.example.net', '--paused', 'yes', '--type', 'partial']),
    ).toMatchObject({ paused: true, type: 'partial' });
    expect(await well(['zones', 'update', 'lb.example.net', '--paused', 'no'])).toMatch(
      /^lb\.example\.net .* \d{4}-\S+Z\nrevision [0-9]+$/m,
    );
    expect((await badly('zones', 'update', 'lb.example.net'))[0]).toBe(2);
    const changed = ['zones', 'settings', 'lb.example.net', '--pool-ttl', '7', '--pools', 'p'];
    expect(
      await well([...changed, '--ns', 'ns.example.org', '--ns', 'ns.lb.example.net=192.0.2.53,2001:db8::53']),
    ).toMatch(/^pool_ttl +7$/m);
    const settings = await well(['zones', 'settings', 'lb.example.net']);
    expect(settings).not.toContain('revision');
    expect(settings).toMatch(/^ns +.*"addresses":\["192\.0\.2\.53","2001:db8::53"\]/m);
    const file = join(directory, 'settings.yaml');
    writeFileSync(file, 'soa: { minimum: 3 }');
    await well(['zones', 'settings', 'lb.example.net', '-f', file]);
    expect(await json(['zones', 'settings', 'lb.example.net'])).toMatchObject({
      pools: 'p',
      soa: { minimum: 3 },
    });
    await well(['zones', 'settings', 'lb.example.net', '--pools', '']);
    expect(await json(['zones', 'settings', 'lb.example.net'])).not.toHaveProperty('pools');
    expect(await well(['zones', 'delete', 'lb.example.net'])).toMatch(
      /^Deleted zone "lb\.example\.net" with no records\.\n/,
    );
    expect(await badly('zones', 'get', 'lb.example.net')).toEqual([
      3,
      'No zone has the name or identifier "lb.example.net". The zones: example.com.\n',
    ]);
    expect((await badly('zones', 'delete', 'example.com'))[0]).toBe(4);
  });

  test('tokens are created, used, listed and deleted, and secrets are hashed', async () => {
    const made = await json([
      'token',
      'create',
      'ci',
      '--scope',
      'edit',
      '--pool-prefix',
      'ci-',
      '--for',
      '1h',
    ]);
    expect(Date.parse(made.expires_on) - Date.parse(made.created_on)).toBeCloseTo(3_600_000, -4);
    const text = await well([
      'token',
      'create',
      'eye',
      '--scope',
      'read',
      '--expires',
      '2100-01-01T00:00:00Z',
    ]);
    const [, secret] = /^token (lifeguard_\S+)$/m.exec(text)!;
    const as = (token: string, ...words: string[]) => run(words, token);
    expect((await as(secret!, 'token', 'verify')).stdout).toBe(
      'The token is active. It expires at 2100-01-01T00:00:00Z.\n',
    );
    expect(await well(['token', 'verify'])).toBe('The token is active. It does not expire.\n');
    expect((await as(secret!, 'pools', 'list')).code).toBe(0);
    expect((await as(secret!, 'pools', 'create', 'x', '-e', 'a=192.0.2.1')).code).toBe(5);
    expect((await as(made.token, 'pools', 'create', 'x', '-e', 'a=192.0.2.1')).code).toBe(5);
    const list = await well(['token', 'list']);
    expect(list).toMatch(/^ci +[0-9a-f]{32} +edit +ci- +- +\S+Z +\S+Z\n/m);
    expect(list).not.toContain('lifeguard_');
    expect(await well(['token', 'delete', 'EYE'])).toMatch(/^Deleted token "eye"\.\n/);
    expect((await as(secret!, 'pools', 'list')).code).toBe(5);
    expect(await badly('token', 'delete', 'eye')).toEqual([
      3,
      'No token has the name or identifier "eye". The tokens: ci.\n',
    ]);
    expect(await badly('token', 'create', 'x', '--scope', 'all')).toEqual([
      2,
      expect.stringContaining('Allowed choices are read, edit, admin'),
    ]);
    const own = await runHere(['token', 'hash', '--new', '--json']);
    const { token, hash } = JSON.parse(own.stdout);
    expect([own.code, hash]).toEqual([0, hashToken(token)]);
  });

  test('a token that no header field can carry was printed', async () => {
    for (const token of ['two\nlines', 'sécret—', ''])
      expect(await run(['pools', 'list'], token)).toEqual({
        code: 2,
        stdout: '',
        stderr: 'The token must be visible ASCII characters on one line.\n',
      });
  });

  test('https:// for a server without TLS gives an error that names http://', async () => {
    const secure = node.api.replace('http:', 'https:');
    expect(await runHere(['pools', 'list', '--api', secure, '--token', 'x'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `Cannot reach the server at ${secure}: it does not speak TLS. --api must begin with http://.\n`,
    });
  });

  test('previews, nodes, workers and regions are shown, and --wait waits for a revision', async () => {
    await well('monitors create codes --type http --expected-codes 2xx --interval 60'.split(' '));
    await well(`pools create seen -e a=127.0.0.1,port=${web.port} --monitor codes --wait`.split(' '));
    expect(await well(['preview', 'seen'])).toMatch(/^seen +127\.0\.0\.1 +yes +\S+ +No failures +200 +-\n/m);
    expect(await well(['preview', 'seen', '--expected-codes', '404'])).toMatch(/^seen +127\.0\.0\.1 +no /m);
    const file = join(directory, 'monitor.yaml');
    writeFileSync(file, 'path: /other');
    expect(await well(['preview', '--monitor', 'codes', '-f', file])).toMatch(/^seen +127\.0\.0\.1 /m);
    expect((await badly('preview'))[0]).toBe(2);
    await well(['pools', 'create', 'alone', '-e', 'a=192.0.2.1', '--wait']);
    expect(await badly('preview', 'alone')).toEqual([
      2,
      expect.stringMatching(/^Pool "alone" has no monitor of its own\. /),
    ]);
    expect(await badly('health', 'alone')).toEqual([4, 'Health info unavailable: the pool has no monitor\n']);

    expect(await well(['workers'])).toMatch(/^\S+ +local +\S+ +\d+\.\d+\.\d+ +no +\S+Z\n/m);
    expect(await well(['regions'])).toMatch(/^local +1 +0\n/m);
    expect(await well(['countries', 'de'])).toMatch(/^DE +Germany +WEU +-\n$/m);
    expect(await well(['countries', 'US', '--subdivision', 'NY'])).toMatch(
      /^US +United States +ENAM +NY\n$/m,
    );
    expect((await well(['countries'])).split('\n').length).toBeGreaterThan(200);
    expect(await badly('countries', 'XX')).toEqual([3, 'No region has the country XX.\n']);
    expect(await badly('countries', 'Germany')).toEqual([2, expect.stringContaining('two letters')]);
    await well(['override', 'set', 'out', 'seen', '-e', 'a', '-r', 'disk']);
    await vi.waitFor(
      async () =>
        expect(await well(['events', '--kind', 'override'])).toMatch(
          /Z +override +out seen a +\S+ → active +\S/,
        ),
      10_000,
    );
    await well(['pools', 'update', 'seen', '--minimum-origins', '1', '--wait']);
    expect(await well(['pools', 'list'])).toMatch(/^seen +\S+ +no +a out +yes +1 +codes$/m);
    expect(await well(['pools', 'get', 'seen'])).toMatch(/^a +127\.0\.0\.1 +yes +1 +\S+ +out /m);
    expect(await well(['health', 'seen'])).toMatch(/^local +a +out +127\.0\.0\.1 +yes /m);
    expect(await badly('wait', '--until-healthy', 'seen', '--within', '1s')).toEqual([
      6,
      'Pool "seen" is not healthy. Look at these endpoints: a (override out).\n',
    ]);
    await well(['override', 'clear', 'seen', '-e', 'a', '--wait']);
    expect(await well(['wait', '--until-healthy', 'SEEN'])).toBe(
      'Pool "seen" is healthy: 1 of 1 endpoints are.\n',
    );
    expect(await badly('wait')).toEqual([2, 'Name a revision, or a pool with --until-healthy.\n']);
    const kinds = async (...words: string[]) =>
      new Set(
        (await json(['events', '-n', '1000', ...words])).events.map(({ kind }: { kind: string }) => kind),
      );
    expect((await kinds('--all')).has('health')).toBe(true);
    expect((await kinds()).has('health')).toBe(false);
    const [node] = await json(['nodes']);
    expect(await well(['nodes'])).toContain(`${node.api}  ${node.revision}`);
    expect(await well(['wait', String(node.revision)])).toBe(
      `Every live node serves revision ${node.revision} (nodes: 1: ${node.host} (${node.api})).\n`,
    );
    expect(await badly('wait', '999999', '--within', '1s')).toEqual([
      6,
      `Not every node serves revision 999999: ${node.host} (${node.api}) is at revision ${node.revision}.\n`,
    ]);
    expect((await badly('wait', 'x'))[0]).toBe(2);
  });
});
