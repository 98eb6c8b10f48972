import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { call, create } from '../../support/api.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { expectAddresses, OUT_WITHIN_MS } from './scenario.ts';

const ADDRESSES = ['127.0.0.1', '127.0.0.2'] as const;

let directory: string;
const stops: (() => unknown)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-e2e-'));
});
afterEach(async () => {
  await endAll();
  for (const stop of stops.splice(0).reverse()) await stop();
  rmSync(directory, { recursive: true });
});

/** Web servers at both addresses and one port; `broken` are those whose path /a answers 500. */
async function startWebs() {
  const broken = new Set<string>();
  let port = 0;
  let requests = 0;
  const webs = new Map<string, ReturnType<typeof createServer>>();
  for (const address of ADDRESSES) {
    const server = createServer((request, response) => {
      requests += 1;
      response.writeHead(request.url === '/a' && broken.has(address) ? 500 : 200).end();
    });
    server.listen(port, address);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    webs.set(address, server);
  }
  const stop = (address: string) => {
    webs.get(address)!.closeAllConnections();
    webs.get(address)!.close();
  };
  stops.push(() => ADDRESSES.forEach(stop));
  return { broken, port, requests: () => requests, stop };
}

async function monitorOf(api: LifeguardProcess, fields: object): Promise<string> {
  const made = await create(api, '/monitors', { interval: 1, timeout: 1, retries: 0, ...fields });
  return made.id;
}

test('in a group of an http and a tcp monitor, votes and critical members decide', async () => {
  const webs = await startWebs();
  const all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  const http = await monitorOf(all, { type: 'http', path: '/a', expected_codes: '200' });
  const tcp = await monitorOf(all, { type: 'tcp', port: webs.port });
  const member = { enabled: true, monitoring_only: false, must_be_healthy: false };
  const group = await create(all, '/monitor_groups', {
    description: 'path and port',
    members: [
      { ...member, monitor_id: http },
      { ...member, monitor_id: tcp },
    ],
  });
  const groupPath = `/monitor_groups/${group.id}`;
  const setMembers = async (ofHttp: object, ofTcp: object) => {
    const members = [
      { ...member, monitor_id: http, ...ofHttp },
      { ...member, monitor_id: tcp, ...ofTcp },
    ];
    expect((await call(all, 'PATCH', groupPath, { members })).success).toBe(true);
  };
  const pool = await create(all, '/pools', {
    name: 'web',
    monitor_group: group.id,
    origins: ADDRESSES.map((address, i) => ({ name: `web-${i + 1}`, address, port: webs.port })),
  });
  await expectAddresses(all.dns, ADDRESSES);

  // One of two fails: a tie, which is healthy. That the monitor has seen it is in the log.
  webs.broken.add('127.0.0.2');
  await vi.waitFor(
    () =>
      expect(all.log).toContainEqual(
        expect.objectContaining({
          msg: 'The health of an endpoint changed.',
          address: '127.0.0.2',
          now: 'unhealthy',
        }),
      ),
    OUT_WITHIN_MS,
  );
  await expectAddresses(all.dns, ADDRESSES);

  await setMembers({ must_be_healthy: true }, {});
  await expectAddresses(all.dns, ['127.0.0.1']);
  const { result } = await call(all, 'GET', `/pools/${pool.id}/health`);
  expect(result.pop_health.local.origins).toMatchObject([
    { '127.0.0.1': { healthy: true, failure_reason: 'No failures' } },
    { '127.0.0.2': { healthy: false, failure_reason: 'Response code mismatch error', response_code: 500 } },
  ]);

  await setMembers({ monitoring_only: true }, {});
  await expectAddresses(all.dns, ADDRESSES);
  await setMembers({}, { enabled: false });
  await expectAddresses(all.dns, ['127.0.0.1']);
  webs.broken.clear();
  await expectAddresses(all.dns, ADDRESSES);

  // A disabled member does not run: only connections for tcp are made from here on.
  await setMembers({ enabled: false }, {});
  webs.stop('127.0.0.1');
  await expectAddresses(all.dns, ['127.0.0.2']);
  const before = webs.requests();
  webs.stop('127.0.0.2');
  await expectAddresses(all.dns, []);
  expect(webs.requests()).toBe(before);
}, 60_000);
