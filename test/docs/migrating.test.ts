import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openTestAdmin, type TestAdmin, TOKEN } from '../admin/server.ts';
import { needing, runProgram } from '../support/run-program.ts';
import { readTree } from '../support/source-tree.ts';
import { zoneFile } from '../zone/zone-file.ts';
import { codeOf, fencesOf, fileInPages } from './fences.ts';

const APPLY = '/lifeguard/v1/apply';
const page = readTree('docs/MIGRATING.md').get('docs/MIGRATING.md')!;
const run = promisify(execFile);

let api: TestAdmin;
let zone: string;
beforeAll(async () => {
  api = await openTestAdmin({ zones: [zoneFile('example.net', '@ 60 NS ns1.example.org.')] });
  zone = (await api.call('POST', '/client/v4/zones', { name: 'example.com' })).body.result.id;
});
afterAll(() => api.stop());

const documents = fencesOf(page)
  .filter(({ language }) => language === 'yaml')
  .map(({ text }) => ({ name: /^# (\S+)/.exec(text)![1]!, text }));

test('the page has documents', () => {
  expect(documents.map(({ name }) => name)).toEqual([
    'from-gdnsd.yaml',
    'from-powerdns.yaml',
    'from-route53.yaml',
  ]);
});

test.each(documents)('$name is applied as it is', async ({ text }) => {
  const { body } = await api.call('POST', `${APPLY}?dry_run=true`, parse(text));
  expect(body).toMatchObject({ success: true, errors: [] });
  expect(body.result.changes.length).toBeGreaterThan(2);
});

/** A zone file with everything that one of the commands removes. */
const ZONE = `$ORIGIN example.com.
$TTL 300
@ SOA ns1.example.net. hostmaster.example.com. 1 3600 600 1209600 10
@ NS ns1.example.net.
www 30 DYNA multifo!www
alias DYNC weighted!cdn
lua IN LUA A "ifportup(443, {'192.0.2.11'})"
@ 3600 IN RRSIG SOA 13 2 300 20300101000000 20200101000000 1 example.com. AAAA
@ 3600 IN DNSKEY 256 3 13 AAAA
`;

test('the commands that filter a zone file leave one that can be imported', async () => {
  const filters = codeOf(page).flatMap((line) => /grep (-v.*?'[^']*')/.exec(line)?.[1] ?? []);
  expect(filters).toHaveLength(3);
  const script = filters.map((options) => `grep ${options}`).join(' | ');
  const { stdout } = await runProgram('bash', ['-c', script], { input: `${ZONE}kept A 192.0.2.9\n` });
  const form = new FormData();
  form.append('file', new Blob([stdout]), 'db.example.com');
  const response = await fetch(`${api.url}/client/v4/zones/${zone}/dns_records/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: form,
  });
  expect(await response.json()).toMatchObject({ success: true, result: { recs_added: 1 } });
});

const JQ = needing('jq', 'jq', 'the services of Consul become a pool');
test.skipIf(JQ.missing)(JQ.title, async () => {
  // As GET /v1/health/service/web of Consul answers: one service with an address of its own, one without.
  const found = [
    {
      Node: { Node: 'n1', Address: '192.0.2.11' },
      Service: { ID: 'web-1', Service: 'web', Address: '', Port: 8080 },
    },
    {
      Node: { Node: 'n2', Address: '192.0.2.12' },
      Service: { ID: 'web-2', Service: 'web', Address: '192.0.2.22', Port: 8080 },
    },
  ];
  const consul = createServer((_, response) => response.end(JSON.stringify(found))).listen(0, '127.0.0.1');
  try {
    await new Promise((listening) => consul.once('listening', listening));
    const { port } = consul.address() as AddressInfo;
    const script = `lifeguard() { cat; }\n${fileInPages('from-consul.sh')}`;
    const env = { PATH: process.env.PATH, CONSUL_HTTP_ADDR: `http://127.0.0.1:${port}` };
    const { stdout } = await run('bash', ['--norc', '-c', script], { env });
    await api.call('POST', APPLY, {
      monitors: [{ description: 'web', type: 'http', expected_codes: '2xx' }],
    });
    expect((await api.call('POST', APPLY, JSON.parse(stdout))).body).toMatchObject({ success: true });
    const pools = await api.call('GET', '/client/v4/user/load_balancers/pools?name=web');
    expect(pools.body.result[0].origins).toMatchObject([
      { name: 'web-1', address: '192.0.2.11', port: 8080 },
      { name: 'web-2', address: '192.0.2.22', port: 8080 },
    ]);
  } finally {
    consul.close();
  }
});
