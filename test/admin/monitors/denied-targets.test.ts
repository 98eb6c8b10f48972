import { expect, test } from 'vitest';
import { createTargets } from '../../../src/check/targets.ts';
import { parsePrefix } from '../../../src/config/prefix.ts';
import { expectRefused } from '../refusal.ts';
import { POOLS, startTestAdmin } from '../server.ts';

const METADATA = '169.254.169.254';
const SENTENCE = `must not be checked. The target ${METADATA} is denied: 169.254.0.0/16, link-local, as metadata services of clouds are (RFC 3927); targets.allow can allow it.`;
const origins = [
  { name: 'a', address: '192.0.2.1' },
  { name: 'b', address: METADATA },
];

test('a pool with a denied address is refused in every kind of request', async () => {
  const api = await startTestAdmin();
  const made = await api.call('POST', POOLS, { name: 'web', origins: origins.slice(0, 1) });
  const one = `${POOLS}/${made.body.result.id}`;
  const place = '/origins/1/address';
  const error = [place, `origins[1].address ${SENTENCE}`] as const;
  await expectRefused(api, 'POST', POOLS, [{ name: 'other', origins }, [error]]);
  await expectRefused(api, 'PUT', one, [{ name: 'web', origins }, [error]]);
  await expectRefused(api, 'PATCH', one, [{ origins }, [error]]);
  await expectRefused(api, 'POST', '/lifeguard/v1/apply', [
    { pools: [{ name: 'other', origins }] },
    [[`/pools/0${place}`, `pools[0].origins[1].address ${SENTENCE}`]],
  ]);
});

test('the prefixes of the configuration apply, and existing endpoints may stay', async () => {
  const address = '10.0.0.1';
  const before = await startTestAdmin();
  const pool = { name: 'web', origins: [{ name: 'a', address }] };
  const { id } = (await before.call('POST', POOLS, pool)).body.result;
  const refuseTarget = createTargets({ allow: [], deny: [parsePrefix('10.0.0.0/8')] });
  const after = await startTestAdmin({ store: before.store, refuseTarget });
  expect((await after.call('PATCH', `${POOLS}/${id}`, { enabled: false })).status).toBe(200);
  expect((await after.call('POST', POOLS, { ...pool, name: 'other' })).status).toBe(400);
  expect((await after.call('PUT', `${POOLS}/${id}`, pool)).status).toBe(400);
});
