import { expect, test } from 'vitest';
import { zoneFile } from '../../zone/zone-file.ts';
import { MONITOR_GROUPS, MONITORS, POOLS, startTestAdmin, TOKENS } from '../server.ts';

const EVENTS = '/lifeguard/v1/events';
const OVERRIDES = '/lifeguard/v1/overrides';
const origins = [{ name: 'a', address: '192.0.2.1' }];
const decision = { action: 'out', owner: 'ann', reason: 'disk' };

test('events of a pool include those of its overrides, by its id and by its name', async () => {
  const api = await startTestAdmin();
  const made = async (name: string) => (await api.call('POST', POOLS, { name, origins })).body.result.id;
  const [web, other] = [await made('web'), await made('api')];
  const { id } = (await api.call('POST', OVERRIDES, { ...decision, pool: 'web' })).body.result;
  await api.call('DELETE', `${OVERRIDES}/${id}`);
  await api.call('POST', OVERRIDES, { ...decision, pool: web, endpoint: 'a' });
  // It takes its override with it.
  await api.call('DELETE', `${POOLS}/${web}`);
  await api.call('POST', OVERRIDES, { ...decision, pool: other });
  for (const called of ['web', web]) {
    const { events } = (await api.call('GET', `${EVENTS}?pool=${called}`)).body.result;
    const told = events.map(({ method, object }: { method: string; object: { kind: string } }) => [
      method,
      object.kind,
    ]);
    expect(told.toReversed()).toEqual([
      ['POST', 'pool'],
      ['POST', 'override'],
      ['DELETE', 'override'],
      ['POST', 'override'],
      ['DELETE', 'override'],
      ['DELETE', 'pool'],
    ]);
    expect(events[2].object.pool).toEqual({ id: web, name: 'web' });
  }
});

test('events show objects as the API shows them', async () => {
  const api = await startTestAdmin({
    zones: [zoneFile('example.com', '@ 300 NS ns1.example.net.')],
    epochMs: () => 1_000,
  });
  const monitor = (await api.call('POST', MONITORS, { type: 'tcp', port: 80 })).body.result;
  const flags = { enabled: true, monitoring_only: false, must_be_healthy: false };
  const made = [
    monitor,
    ...(await Promise.all(
      (
        [
          [MONITOR_GROUPS, { description: 'g', members: [{ monitor_id: monitor.id, ...flags }] }],
          [POOLS, { name: 'web', enabled: false, latitude: 1, longitude: 2, origins }],
          ['/client/v4/zones', { name: 'example.org' }],
          [TOKENS, { name: 'ci', scope: 'edit', pool_prefix: 'web-' }],
        ] as const
      ).map(async ([path, body]) => (await api.call('POST', path, body)).body.result),
    )),
  ];
  made.push((await api.call('POST', OVERRIDES, { ...decision, pool: 'web' })).body.result);
  const { events } = (await api.call('GET', EVENTS)).body.result;
  const after = new Map(
    events.map((event: { object: { id: string }; after: unknown }) => [event.object.id, event.after]),
  );
  expect(after.size).toBe(made.length);
  // Of a zone, what can be written; what else its resource shows is the same for all.
  for (const { token: _secret, ...shown } of made)
    if ('name_servers' in shown)
      expect(after.get(shown.id)).toEqual({
        id: shown.id,
        name: 'example.org',
        type: 'full',
        paused: false,
        settings: (await api.call('GET', `/lifeguard/v1/zones/${shown.id}/settings`)).body.result,
        created_on: shown.created_on,
        modified_on: shown.modified_on,
      });
    else expect(after.get(shown.id)).toEqual(shown);
  expect(JSON.stringify(events)).not.toMatch(/createdOn|minimumOrigins|endpoints"|intervalSeconds|monitorId/);
});

test('an event says that its object is left out because it is too long', async () => {
  const api = await startTestAdmin();
  const many = Array.from({ length: 300 }, (_, i) => ({
    name: `e${i}`,
    address: `198.51.${i >> 8}.${i & 255}`,
  }));
  await api.call('POST', POOLS, { name: 'web', origins: many });
  const { events } = (await api.call('GET', EVENTS)).body.result;
  expect(events).toMatchObject([{ before: null, after: { left_out: true, length: expect.any(Number) } }]);
});
