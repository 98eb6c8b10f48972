/** Records at and below the names of pools and load balancers, as dig sees them of a running process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';

const CONFIG = `
zones:
  - name: example.com
    soa: { mname: ns1.example.net, rname: hostmaster.example.com }
    ns: [{ name: ns1.example.net }]
    pools: pools
    records:
      - { name: web.pools, type: TXT, value: of the pool }
      - { name: web.pools, type: CAA, value: 0 issue "ca.example.net" }
      - { name: _acme-challenge.web.pools, type: CNAME, value: web.acme.example.net }
      - { name: www, type: A, value: 192.0.2.80 }
      - { name: www, type: TXT, value: of the load balancer }
      - { name: www, type: CAA, value: 0 issue "ca.example.net" }
      - { name: _acme-challenge.www, type: TXT, value: token }
      - { name: "@", type: TXT, value: of the apex }
`;
let directory: string;
let node: LifeguardProcess;

async function ask(path: string, body?: object) {
  const response = await fetch(new URL(path, node.api), {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${TOKEN}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape.
  const { success, errors, result } = (await response.json()) as any;
  if (!success) throw new Error(JSON.stringify(errors));
  return result;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-beside-'));
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(config, CONFIG);
  node = await startLifeguard('serve', { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_CONFIG: config });
  const { id } = await create(node, '/pools', {
    name: 'web',
    origins: [{ name: 'one', address: '192.0.2.1' }],
  });
  const [zone] = await ask('/client/v4/zones');
  for (const name of ['www.example.com', 'example.com'])
    await ask(`/client/v4/zones/${zone.id}/load_balancers`, { name, default_pools: [id], fallback_pool: id });
  for (const name of ['www.example.com', 'example.com', 'web.pools.example.com'])
    await vi.waitFor(async () => expect((await dig(node.dns, name, 'A')).rdata).toEqual(['192.0.2.1']), {
      timeout: 10_000,
      interval: 200,
    });
}, 60_000);
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

test.each([
  { name: 'web.pools.example.com', type: 'TXT', rdata: ['"of the pool"'] },
  { name: 'web.pools.example.com', type: 'CAA', rdata: ['0 issue "ca.example.net"'] },
  { name: 'web.pools.example.com', type: 'AAAA', rdata: [] },
  { name: '_acme-challenge.web.pools.example.com', type: 'TXT', rdata: ['web.acme.example.net.'] },
  { name: 'www.example.com', type: 'A', rdata: ['192.0.2.1'] },
  { name: 'www.example.com', type: 'AAAA', rdata: [] },
  { name: 'www.example.com', type: 'TXT', rdata: ['"of the load balancer"'] },
  { name: 'www.example.com', type: 'CAA', rdata: ['0 issue "ca.example.net"'] },
  { name: '_acme-challenge.www.example.com', type: 'TXT', rdata: ['"token"'] },
  { name: 'example.com', type: 'A', rdata: ['192.0.2.1'] },
  { name: 'example.com', type: 'TXT', rdata: ['"of the apex"'] },
  { name: 'example.com', type: 'NS', rdata: ['ns1.example.net.'] },
])('$name $type: $rdata', async ({ name, type, rdata }) => {
  expect(await dig(node.dns, name, type)).toMatchObject({ status: 'NOERROR', rdata });
});

test('a name below, without records, does not exist', async () => {
  for (const name of ['x.web.pools.example.com', 'x.www.example.com'])
    expect(await dig(node.dns, name, 'A')).toMatchObject({ status: 'NXDOMAIN', rdata: [] });
});
