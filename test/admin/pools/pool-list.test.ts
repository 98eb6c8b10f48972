import { expect, test } from 'vitest';
import type { OriginHealth } from '../../../src/admin/health-source.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { POOLS, startTestAdmin } from '../server.ts';

const origins = (...addresses: string[]) => addresses.map((address) => ({ name: address, address }));

test('a list shows each pool as a single request would, whatever changes in between', async () => {
  let healthy: boolean | undefined;
  let told: readonly OriginHealth[] = [{}, {}];
  const api = await startTestAdmin({
    health: {
      of: ({ endpoints }: Pool) => ({ healthy, endpoints: endpoints.map((_, i) => told[i]!) }),
      pools: 0,
      watch: () => () => {},
      regions: async () => new Map(),
    },
  });
  const add = async (body: object): Promise<string> => (await api.call('POST', POOLS, body)).body.result.id;
  const ids = [
    await add({ name: 'one', description: `$& $\` "result":[]`, origins: origins('192.0.2.1', '192.0.2.2') }),
    await add({ name: 'two', origins: origins('2001:db8::1', '2001:db8::2') }),
  ];
  const expectSame = async () => {
    const alone = await Promise.all(
      ids.map(async (id) => (await api.call('GET', `${POOLS}/${id}`)).body.result),
    );
    const list = await api.call('GET', POOLS);
    expect(list.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(list.body).toEqual({
      success: true,
      errors: [],
      messages: [],
      result: alone,
      result_info: { page: 1, per_page: 2, count: 2, total_count: 2, total_pages: 1 },
    });
    return list.body.result[0];
  };

  expect(await expectSame()).not.toHaveProperty('healthy');
  healthy = true;
  expect(await expectSame()).toMatchObject({ healthy: true });
  told = [
    { healthy: true, failureReason: 'No failures' },
    { healthy: true, failureReason: 'No failures' },
  ];
  await expectSame();
  // The last endpoint alone, and its reason alone.
  told = [told[0]!, { healthy: false, failureReason: 'No failures' }];
  expect((await expectSame()).origins[1]).toMatchObject({ healthy: false });
  told = [told[0]!, { healthy: false, failureReason: 'TCP Timeout' }];
  expect((await expectSame()).origins[1]).toMatchObject({ failure_reason: 'TCP Timeout' });
  await api.call('PATCH', `${POOLS}/${ids[0]}`, { description: 'another' });
  expect(await expectSame()).toMatchObject({ description: 'another' });
});
