/** DNAMEs, hints and additional addresses of a running process, as unbound and BIND take them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { create } from '../../support/api.ts';
import { startBind } from '../../support/bind.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import type { DnsAddress, Resolver } from '../../support/server/resolver.ts';
import { startUnbound } from '../../support/server/unbound.ts';

const LABEL = 'x'.repeat(63);
const CONFIG = `
zones:
  - name: example.com
    soa: { mname: ns1.example.net, rname: hostmaster.example.com }
    ns: [{ name: ns1.example.net }]
    pools: pools
    records:
      - { name: moved, type: DNAME, value: there.example.com }
      - { name: moved, type: TXT, value: stays }
      - { name: www.there, type: CNAME, value: web.pools.example.com }
      - { name: one, type: DNAME, value: two.example.com }
      - { name: two, type: DNAME, value: one.example.com }
      - { name: far, type: DNAME, value: ${LABEL}.${LABEL}.${LABEL}.example.com }
      - { name: svc, type: HTTPS, value: 1 web.pools.example.com alpn=h2 ipv4hint=auto ipv6hint=auto }
      - { name: down, type: HTTPS, value: "1 . mandatory=ipv4hint alpn=h2 ipv4hint=auto" }
      - { name: "@", type: MX, value: 10 web.pools.example.com }
      - { name: _s._tcp, type: SRV, value: 1 1 443 web.pools.example.com }
`;
let directory: string;
let node: LifeguardProcess;
const asked = new Map<string, Resolver | DnsAddress>();
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-renamed-'));
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(config, CONFIG);
  node = await startLifeguard('serve', { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_CONFIG: config });
  await create(node, '/pools', { name: 'web', origins: [{ name: 'one', address: '192.0.2.1' }] });
  await vi.waitFor(
    async () => expect((await dig(node.dns, 'web.pools.example.com', 'A')).rdata).toEqual(['192.0.2.1']),
    { timeout: 10_000, interval: 200 },
  );
  asked.set('Lifeguard', node.dns);
  for (const [name, start] of [
    ['unbound', startUnbound],
    ['BIND', startBind],
  ] as const) {
    const resolver = await start('example.com', node.dns);
    stops.push(() => resolver.stop());
    asked.set(name, resolver);
  }
}, 60_000);
afterAll(async () => {
  for (const stop of stops) await stop();
  await endAll();
  rmSync(directory, { recursive: true });
});

describe.each(['Lifeguard', 'unbound', 'BIND'])('%s answers', (who) => {
  test.each([
    {
      name: 'www.moved.example.com',
      type: 'A',
      rdata: ['192.0.2.1', 'there.example.com.', 'web.pools.example.com.', 'www.there.example.com.'],
    },
    { name: 'moved.example.com', type: 'TXT', rdata: ['"stays"'] },
    { name: 'moved.example.com', type: 'DNAME', rdata: ['there.example.com.'] },
    {
      name: 'no.moved.example.com',
      type: 'A',
      status: 'NXDOMAIN',
      rdata: ['no.there.example.com.', 'there.example.com.'],
    },
    {
      name: 'svc.example.com',
      type: 'HTTPS',
      rdata: ['1 web.pools.example.com. alpn="h2" ipv4hint=192.0.2.1'],
    },
    { name: 'down.example.com', type: 'HTTPS', rdata: ['1 . alpn="h2"'] },
    { name: 'example.com', type: 'MX', rdata: ['10 web.pools.example.com.'] },
    { name: '_s._tcp.example.com', type: 'SRV', rdata: ['1 1 443 web.pools.example.com.'] },
  ])('$name $type', async ({ name, type, status = 'NOERROR', rdata }) => {
    const answer = await dig(asked.get(who)!, name, type);
    expect({ ...answer, rdata: answer.rdata.toSorted() }).toMatchObject({ status, rdata });
  });

  test('a loop of DNAMEs at all', async () => {
    const { status } = await dig(asked.get(who)!, 'a.one.example.com', 'A');
    expect(['NOERROR', 'SERVFAIL']).toContain(status);
  });

  test('YXDOMAIN where a name becomes too long (RFC 6672 §2.2)', async () => {
    expect((await dig(asked.get(who)!, `${'y'.repeat(60)}.far.example.com`, 'A')).status).toBe('YXDOMAIN');
  });
});
