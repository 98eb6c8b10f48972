import { expect, vi } from 'vitest';
import { call, create } from '../support/api.ts';
import { dig } from '../support/dig.ts';
import type { LifeguardProcess } from '../support/lifeguard.ts';
import type { WebServer } from '../support/web.ts';

export const NAME = 'web.pools.example.com';
const INTERVAL_SECONDS = 1;
const TIMEOUT_SECONDS = 1;
const CONSECUTIVE_DOWN = 2;
/** The bound the README states for an endpoint that died, with a second for everything else. */
export const OUT_WITHIN_MS = (INTERVAL_SECONDS * CONSECUTIVE_DOWN + TIMEOUT_SECONDS + 1) * 1_000;

type Server = Parameters<typeof dig>[0];

/** The name answers exactly these addresses, without waiting for it. */
export async function expectAddressesNow(server: Server, addresses: readonly string[]): Promise<void> {
  expect((await dig(server, NAME, 'A', '+time=5')).rdata).toEqual(addresses);
}

/** Waits until the name answers exactly these addresses over UDP; over TCP it must be the same then. */
export async function expectAddresses(
  server: Server,
  addresses: readonly string[],
  withinMs = OUT_WITHIN_MS,
): Promise<void> {
  await vi.waitFor(async () => expect((await dig(server, NAME, 'A')).rdata).toEqual(addresses), {
    timeout: withinMs,
    interval: 50,
  });
  expect((await dig(server, NAME, 'A', '+tcp')).rdata).toEqual(addresses);
}

export async function makePool(api: LifeguardProcess, webs: readonly WebServer[]): Promise<{ id: string }> {
  const monitor = await create(api, '/monitors', {
    type: 'http',
    expected_codes: '2xx',
    interval: INTERVAL_SECONDS,
    timeout: TIMEOUT_SECONDS,
    retries: 0,
    consecutive_down: CONSECUTIVE_DOWN,
  });
  return create(api, '/pools', {
    name: 'web',
    monitor: monitor.id,
    origins: webs.map(({ address, port }, i) => ({ name: `web-${i + 1}`, address, port })),
  });
}

/** The main job from a pool's creation to its end: endpoints die and come back, and DNS says so. */
export async function livesAndDies(
  api: LifeguardProcess,
  dns: Server,
  webs: readonly WebServer[],
): Promise<void> {
  const all = webs.map(({ address }) => address);
  const pool = await makePool(api, webs);
  await expectAddresses(dns, all);

  await webs[1]!.stop();
  await expectAddresses(dns, [all[0]!, all[2]!]);
  await webs[1]!.start();
  await expectAddresses(dns, all);

  await Promise.all(webs.map((web) => web.stop()));
  await expectAddresses(dns, []);
  const nothing = await dig(dns, NAME, 'A');
  expect(nothing).toMatchObject({ status: 'NOERROR', answer: [] });
  expect(nothing.authority).toEqual([
    expect.stringMatching(/^example\.com\. 10 IN SOA ns1\.example\.com\. hostmaster\.example\.com\. /),
  ]);
  await Promise.all(webs.map((web) => web.start()));
  await expectAddresses(dns, all);

  await call(api, 'PATCH', `/pools/${pool.id}`, { enabled: false });
  await vi.waitFor(async () => expect((await dig(dns, NAME, 'A')).status).toBe('NXDOMAIN'), 2_000);
  await call(api, 'PATCH', `/pools/${pool.id}`, { enabled: true });
  await expectAddresses(dns, all);
  expect((await call(api, 'DELETE', `/pools/${pool.id}`)).result).toEqual({ id: pool.id });
  await vi.waitFor(async () => expect((await dig(dns, NAME, 'A')).status).toBe('NXDOMAIN'), 2_000);
}
