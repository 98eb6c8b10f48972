import { expect, test } from 'vitest';
import { VALUES_MAX } from '../../../src/admin/events/response-times-route.ts';
import { openTestAdmin, POOLS } from '../server.ts';

const NOW = Date.parse('2030-01-02T00:00:30Z');

test('response times are shown by endpoint and region, of the last hour or of a range of a day', async () => {
  const asked: { minute: string; count: number }[] = [];
  const api = await openTestAdmin({ epochMs: () => NOW });
  Object.assign(api.health, {
    responseTimes: (_: unknown, { name }: { name: string }, fromMs: number, count: number) => {
      if (count > 0) asked.push({ minute: new Date(fromMs).toISOString().slice(0, 16), count });
      return name === 'a' ? [{ region: 'WEU', timesMs: [1.23456, null, 0] }] : [];
    },
  });
  const origins = ['a', 'b'].map((name, i) => ({ name, address: `192.0.2.${i + 1}` }));
  const { id } = (await api.call('POST', POOLS, { name: 'web', origins })).body.result;
  const path = `/lifeguard/v1/pools/${id}/response_times`;
  expect((await api.call('GET', path)).body.result).toEqual({
    since: '2030-01-01T23:00:00.000000Z',
    until: '2030-01-02T00:00:30.000000Z',
    step_seconds: 60,
    endpoints: [
      { name: 'a', regions: [{ region: 'WEU', times_ms: [1.23, null, 0] }] },
      { name: 'b', regions: [] },
    ],
  });
  await api.call('GET', `${path}?since=2029-01-01T00:00:00Z`);
  await api.call('GET', `${path}?since=2030-01-01T12:00:00Z&until=2030-01-01T12:10:00Z`);
  expect(asked.filter((_, i) => i % 2 === 0)).toEqual([
    { minute: '2030-01-01T23:00', count: 61 },
    { minute: '2030-01-01T00:01', count: 1_440 },
    { minute: '2030-01-01T12:00', count: 10 },
  ]);
  const refused = await api.call('GET', `${path}?since=2031-01-01T00:00:00Z`);
  expect([refused.status, refused.body.errors[0].source.pointer]).toEqual([400, '/since']);
  expect((await api.call('GET', `/lifeguard/v1/pools/${'0'.repeat(32)}/response_times`)).status).toBe(404);
  await api.stop();
});

test('where nothing is measured, each endpoint has no region', async () => {
  const api = await openTestAdmin();
  const origins = [{ name: 'a', address: '192.0.2.1' }];
  const { id } = (await api.call('POST', POOLS, { name: 'web', origins })).body.result;
  const { result } = (await api.call('GET', `/lifeguard/v1/pools/${id}/response_times`)).body;
  expect(result.endpoints).toEqual([{ name: 'a', regions: [] }]);
  await api.stop();
});

test.each([
  [69, 1_440, '2030-01-01T00:01'],
  [1_000, 100, '2030-01-01T22:21'],
])(
  'a day of %i series in one answer would hold up all other requests: it has %i minutes',
  async (series, minutes, since) => {
    const api = await openTestAdmin({ epochMs: () => NOW });
    Object.assign(api.health, {
      responseTimes: (_: unknown, __: unknown, ___: number, count: number) =>
        Array.from({ length: series }, (_, i) => ({ region: `r${i}`, timesMs: Array(count).fill(1) })),
    });
    const origins = [{ name: 'a', address: '192.0.2.1' }];
    const { id } = (await api.call('POST', POOLS, { name: 'web', origins })).body.result;
    const path = `/lifeguard/v1/pools/${id}/response_times?since=2030-01-01T00:00:00Z`;
    const { result } = (await api.call('GET', path)).body;
    const times = result.endpoints[0].regions.map((each: { times_ms: number[] }) => each.times_ms.length);
    expect([result.since.slice(0, 16), new Set(times)]).toEqual([since, new Set([minutes])]);
    expect(series * minutes).toBeLessThanOrEqual(VALUES_MAX);
    await api.stop();
  },
);
