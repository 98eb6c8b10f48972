import { expect, vi } from 'vitest';
import { call, create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import type { LifeguardProcess } from '../../support/lifeguard.ts';
import type { WebServer } from '../../support/server/web.ts';

export const NAME = 'web.pools.example.com';
const INTERVAL_SECONDS = 1;
const TIMEOUT_SECONDS = 1;
const CONSECUTIVE_DOWN = 2;
/** The simulation holds the bound itself, under a virtual clock. */
const BUSY_SECONDS = 15;
/** The bound that docs/FAILURES.md states for an endpoint that died, and what a busy machine takes for everything else. */
export const OUT_WITHIN_MS = outWithinMs(CONSECUTIVE_DOWN);

function outWithinMs(consecutiveDown: number): number {
  return (INTERVAL_SECONDS * consecutiveDown + TIMEOUT_SECONDS + BUSY_SECONDS) * 1_000;
}

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
    interval: 200,
  });
  expect((await dig(server, NAME, 'A', '+tcp')).rdata).toEqual(addresses);
}

export async function makePool(
  api: LifeguardProcess,
  webs: readonly WebServer[],
  consecutiveDown = CONSECUTIVE_DOWN,
): Promise<{ id: string }> {
  const monitor = await create(api, '/monitors', {
    type: 'http',
    expected_codes: '2xx',
    interval: INTERVAL_SECONDS,
    timeout: TIMEOUT_SECONDS,
    retries: 0,
    consecutive_down: consecutiveDown,
  });
  return create(api, '/pools', {
    name: 'web',
    monitor: monitor.id,
    origins: webs.map(({ address, port }, i) => ({ name: `web-${i + 1}`, address, port })),
  });
}

/** An endpoint that takes connections and never answers leaves within the bound, though each check takes its whole interval. */
export async function hangs(api: LifeguardProcess, dns: Server, webs: readonly WebServer[]): Promise<void> {
  const consecutiveDown = 4;
  const all = webs.map(({ address }) => address);
  await makePool(api, webs, consecutiveDown);
  await expectAddresses(dns, all);
  webs[1]!.hang();
  await expectAddresses(dns, [all[0]!, all[2]!], outWithinMs(consecutiveDown));
}

/**
 * The main job from a pool's creation to its end: endpoints die and come back, and DNS says so; through a resolver
 * `laterMs` later, since that goes by the TTL of what it has.
 */
export async function livesAndDies(
  api: LifeguardProcess,
  dns: Server,
  webs: readonly WebServer[],
  laterMs = 0,
): Promise<void> {
  const all = webs.map(({ address }) => address);
  const pool = await makePool(api, webs);
  const expectSoon = (addresses: readonly string[]) =>
    expectAddresses(dns, addresses, OUT_WITHIN_MS + laterMs);
  const expectNoName = () =>
    vi.waitFor(async () => expect((await dig(dns, NAME, 'A')).status).toBe('NXDOMAIN'), 2_000 + laterMs);
  await expectSoon(all);

  await webs[1]!.stop();
  await expectSoon([all[0]!, all[2]!]);
  await webs[1]!.start();
  await expectSoon(all);

  await Promise.all(webs.map((web) => web.stop()));
  await expectSoon([]);
  const nothing = await dig(dns, NAME, 'A');
  expect(nothing).toMatchObject({ status: 'NOERROR', answer: [] });
  expect(nothing.authority).toEqual([
    expect.stringMatching(/^example\.com\. \d+ IN SOA ns1\.example\.com\. hostmaster\.example\.com\. /),
  ]);
  await Promise.all(webs.map((web) => web.start()));
  await expectSoon(all);

  await call(api, 'PATCH', `/pools/${pool.id}`, { enabled: false });
  await expectNoName();
  await call(api, 'PATCH', `/pools/${pool.id}`, { enabled: true });
  await expectSoon(all);
  expect((await call(api, 'DELETE', `/pools/${pool.id}`)).result).toEqual({ id: pool.id });
  await expectNoName();
}
