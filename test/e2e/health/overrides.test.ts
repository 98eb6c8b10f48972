import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, makePool, NAME } from './scenario.ts';

const ALL = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
/** A change of the configuration reaches DNS long before this, and an override's end not long after its time. */
const SOON_MS = 1_000;
let directory: string;
let webs: WebServer[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-e2e-'));
  const first = await startWeb('127.0.0.1');
  webs = [first, await startWeb('127.0.0.2'), await startWeb('127.0.0.3')];
});

afterEach(async () => {
  await endAll();
  for (const web of webs) await web.stop();
  rmSync(directory, { recursive: true });
});

async function call({ api }: LifeguardProcess, method: string, path: string, body?: object) {
  const response = await fetch(new URL(`/lifeguard/v1${path}`, api), {
    method,
    headers: { authorization: `Bearer ${TOKEN}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const { errors, result } = (await response.json()) as { errors: unknown[]; result: { id: string } };
  expect(errors).toEqual([]);
  return result;
}

test('an override takes an endpoint out of the answers until its end, and a pool until it is deleted', async () => {
  const all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  await makePool(all, webs);
  await expectAddresses(all.dns, ALL);
  const why = { pool: 'web', owner: 'ann', reason: 'disk' };

  const endsMs = Date.now() + 2_000;
  await call(all, 'POST', '/overrides', {
    ...why,
    endpoint: 'web-2',
    action: 'out',
    end: new Date(endsMs).toISOString(),
  });
  await expectAddresses(all.dns, [ALL[0]!, ALL[2]!], SOON_MS);
  expect(Date.now()).toBeLessThan(endsMs);
  await expectAddresses(all.dns, ALL, 2_000 + SOON_MS);
  expect(Date.now()).toBeGreaterThanOrEqual(endsMs);

  const maintenance = await call(all, 'POST', '/overrides', { ...why, action: 'maintenance' });
  await vi.waitFor(
    async () => expect(await dig(all.dns, NAME, 'A')).toMatchObject({ status: 'NOERROR', answer: [] }),
    SOON_MS,
  );
  // It holds over a restart.
  await all.end('SIGKILL');
  const again = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  await expectAddresses(again.dns, [], SOON_MS);
  await call(again, 'DELETE', `/overrides/${maintenance.id}`);
  await expectAddresses(again.dns, ALL, SOON_MS);

  await webs[2]!.stop();
  await expectAddresses(again.dns, ALL.slice(0, 2));
  await call(again, 'POST', '/overrides', { ...why, endpoint: 'web-3', action: 'in' });
  await expectAddresses(again.dns, ALL, SOON_MS);
  const pools = await (
    await fetch(`${again.api}/pools`, { headers: { authorization: `Bearer ${TOKEN}` } })
  ).json();
  // What the checks say stays to be seen.
  expect(pools).toMatchObject({
    result: [{ healthy: true, origins: [{ healthy: true }, { healthy: true }, { healthy: false }] }],
  });
}, 60_000);
