import { expect, test } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { MONITORS, POOLS, startTestAdmin, TOKEN } from '../server.ts';

const MINUTE_MS = 60_000;
const origins = [{ name: 'a', address: '192.0.2.1' }];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** A clock that a test moves. */
function clock(startMs = Date.UTC(2030, 0, 1)) {
  let nowMs = startMs;
  return { epochMs: () => nowMs, pass: (ms: number) => (nowMs += ms) };
}

test('a pool is created with its fields and the documented defaults', async () => {
  const api = await startTestAdmin(clock());
  const { status, headers, body } = await api.call('POST', POOLS, { name: 'web', origins });
  expect(status).toBe(200);
  expect(headers.get('x-lifeguard-revision')).toBe('1');
  expect(body).toEqual({
    success: true,
    errors: [],
    messages: [],
    result: {
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      created_on: '2030-01-01T00:00:00.000000Z',
      modified_on: '2030-01-01T00:00:00.000000Z',
      name: 'web',
      description: '',
      enabled: true,
      minimum_origins: 1,
      notification_email: '',
      origins: [{ name: 'a', address: '192.0.2.1', enabled: true, weight: 1, flatten_cname: true }],
    },
  });
  expect((await api.call('GET', `${POOLS}/${body.result.id}`)).body.result).toEqual(body.result);
});

test('zeros, nulls, empty maps, order and spelling are returned as they were written', async () => {
  const api = await startTestAdmin();
  const written = {
    name: 'Web_1',
    description: 'Zwölf\n\tBoxkämpfer 🥊',
    enabled: true,
    minimum_origins: 0,
    monitor: '',
    monitor_group: null,
    check_regions: null,
    health_sources: null,
    latitude: 0,
    longitude: -180,
    load_shedding: { default_percent: 0, default_policy: '', session_percent: null },
    origin_steering: {},
    answer_addresses_max: 0,
    all_down: 'last_healthy',
    notification_email: 'a@example.org, b@example.org',
    notification_filter: { pool: { healthy: null }, origin: null },
    origins: [
      {
        name: 'z',
        address: '2001:DB8::1',
        enabled: true,
        weight: 0,
        port: 0,
        header: {},
        flatten_cname: false,
      },
      {
        name: 'a',
        address: 'Web.Example.Org.',
        enabled: true,
        weight: 0.29,
        port: null,
        header: null,
        flatten_cname: true,
      },
      {
        name: 'm',
        address: '192.0.2.7',
        enabled: true,
        weight: 1,
        header: { Host: ['[2001:db8::1]:8443'] },
        flatten_cname: true,
        virtual_network_id: 'a5624d4e-044a-4ff0-b3e1-e2465353d4b4',
      },
    ],
  };
  const { body } = await api.call('POST', POOLS, written);
  const { id, created_on, modified_on, ...echoed } = body.result;
  expect(echoed).toEqual(written);
  expect(created_on).toMatch(TIME);
  expect(modified_on).toBe(created_on);
});

test('identifiers and times in a request body are ignored', async () => {
  const api = await startTestAdmin();
  const { body } = await api.call('POST', POOLS, {
    id: 'mine',
    created_on: 1,
    modified_on: null,
    healthy: true,
    networks: [],
    name: 'web',
    origins: [{ ...origins[0], healthy: false, failure_reason: 'mine', disabled_at: 'mine' }],
  });
  expect(body.result.id).toMatch(/^[0-9a-f]{32}$/);
  expect(body.result.created_on).toMatch(TIME);
  expect(body.result).not.toHaveProperty('healthy');
  expect(body.result).not.toHaveProperty('networks');
  expect(body.result.origins[0]).toEqual({ ...origins[0], enabled: true, weight: 1, flatten_cname: true });
});

test('PUT resets omitted fields; PATCH keeps them, and replaces lists and maps as a whole', async () => {
  const time = clock();
  const api = await startTestAdmin(time);
  const filled = {
    name: 'web',
    description: 'x',
    minimum_origins: 2,
    check_regions: ['WEU', 'EEU'],
    latitude: 1,
    longitude: 2,
    load_shedding: { default_percent: 5, default_policy: 'hash' },
    origins: [
      { name: 'a', address: '192.0.2.1', weight: 0.5 },
      { name: 'b', address: '192.0.2.2' },
    ],
  };
  const made = (await api.call('POST', POOLS, filled)).body.result;
  const path = `${POOLS}/${made.id}`;

  time.pass(MINUTE_MS);
  const patch = { load_shedding: { default_percent: 7 }, origins: [{ name: 'c', address: '192.0.2.3' }] };
  const patched = (await api.call('PATCH', path, patch)).body.result;
  expect(patched).toEqual({
    ...made,
    ...patch,
    origins: [{ ...patch.origins[0], enabled: true, weight: 1, flatten_cname: true }],
    modified_on: '2030-01-01T00:01:00.000000Z',
  });

  time.pass(MINUTE_MS);
  const put = await api.call('PUT', path, { name: 'web2', origins });
  expect(put.headers.get('x-lifeguard-revision')).toBe('3');
  expect(put.body.result).toEqual({
    id: made.id,
    created_on: made.created_on,
    modified_on: '2030-01-01T00:02:00.000000Z',
    name: 'web2',
    description: '',
    enabled: true,
    minimum_origins: 1,
    notification_email: '',
    origins: [{ ...origins[0], enabled: true, weight: 1, flatten_cname: true }],
  });
  expect((await api.call('GET', path)).body.result).toEqual(put.body.result);
});

test('null in a PATCH resets a field to its default, or stays null where that is allowed', async () => {
  const api = await startTestAdmin();
  const made = (
    await api.call('POST', POOLS, { name: 'web', origins, minimum_origins: 3, latitude: 1, longitude: 2 })
  ).body.result;
  const patch = { minimum_origins: null, latitude: null, longitude: null, check_regions: null };
  const { result } = (await api.call('PATCH', `${POOLS}/${made.id}`, patch)).body;
  expect(result).toMatchObject({ minimum_origins: 1, latitude: null, longitude: null, check_regions: null });
});

test('a PATCH that leaves only half of a location is refused', async () => {
  const api = await startTestAdmin();
  const { id } = (await api.call('POST', POOLS, { name: 'web', origins, latitude: 1, longitude: 2 })).body
    .result;
  const half = await api.call('PATCH', `${POOLS}/${id}`, { latitude: null });
  expect(half.status).toBe(400);
  expect(half.body.errors[0].source.pointer).toBe('/latitude');
  expect((await api.call('PATCH', `${POOLS}/${id}`, { latitude: 3 })).body.result).toMatchObject({
    latitude: 3,
    longitude: 2,
  });
});

test('a write that changes nothing gets no revision and no new time', async () => {
  const time = clock();
  const api = await startTestAdmin(time);
  const made = await api.call('POST', POOLS, { name: 'web', origins });
  time.pass(MINUTE_MS);
  const before = await api.store.read();
  const again = await api.call('PUT', `${POOLS}/${made.body.result.id}`, made.body.result);
  expect(again.body.result).toEqual(made.body.result);
  expect(again.headers.get('x-lifeguard-revision')).toBe('1');
  expect(await api.store.read()).toEqual(before);
});

test('disabled_at shows since when a pool or an endpoint is disabled', async () => {
  const time = clock();
  const api = await startTestAdmin(time);
  const two = [
    { name: 'a', address: '192.0.2.1', enabled: false },
    { name: 'b', address: '192.0.2.2' },
  ];
  const { id } = (await api.call('POST', POOLS, { name: 'web', enabled: false, origins: two })).body.result;
  time.pass(MINUTE_MS);
  const change = {
    description: 'x',
    origins: [two[1], { ...two[0], address: '192.0.2.9' }].map((one) => ({ ...one, enabled: false })),
  };
  const later = (await api.call('PATCH', `${POOLS}/${id}`, change)).body.result;
  expect(later.disabled_at).toBe('2030-01-01T00:00:00.000000Z');
  expect(later.origins.map((one: { disabled_at: string }) => one.disabled_at)).toEqual([
    '2030-01-01T00:01:00.000000Z',
    '2030-01-01T00:00:00.000000Z',
  ]);
  const on = (await api.call('PATCH', `${POOLS}/${id}`, { enabled: true, origins: [two[1]] })).body.result;
  expect(on).not.toHaveProperty('disabled_at');
  expect(on.origins[0]).not.toHaveProperty('disabled_at');
});

test('lists are ordered by name, can be filtered by monitor, and have pages', async () => {
  const api = await startTestAdmin();
  const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  for (const name of ['d', 'b', 'e', 'a', 'c'])
    await api.call('POST', POOLS, { name, origins, ...(name < 'c' ? { monitor } : {}) });
  const names = async (query: string) => {
    const { body } = await api.call('GET', `${POOLS}${query}`);
    return [body.result.map((pool: { name: string }) => pool.name).join(''), body.result_info];
  };
  const info = (page: number, per_page: number, count: number, total_count: number, total_pages: number) => ({
    page,
    per_page,
    count,
    total_count,
    total_pages,
  });
  expect(await names('')).toEqual(['abcde', info(1, 5, 5, 5, 1)]);
  expect(await names(`?monitor=${monitor}`)).toEqual(['ab', info(1, 2, 2, 2, 1)]);
  expect(await names('?monitor=none')).toEqual(['', info(1, 1, 0, 0, 0)]);
  expect(await names('?page=2&per_page=2')).toEqual(['cd', info(2, 2, 2, 5, 3)]);
  expect(await names('?page=3&per_page=2')).toEqual(['e', info(3, 2, 1, 5, 3)]);
  expect(await names('?page=4&per_page=2')).toEqual(['', info(4, 2, 0, 5, 3)]);
  expect(await names('?page=1')).toEqual(['abcde', info(1, 25, 5, 5, 1)]);
  expect(await names('?per_page=1000&unheard_of=1')).toEqual(['abcde', info(1, 1_000, 5, 5, 1)]);
});

test.each(['page=0', 'page=x', 'page=-1', 'per_page=0', 'per_page=1001', 'page=1&page=2'])(
  '?%s is refused',
  async (query) => {
    const api = await startTestAdmin();
    const { status, body } = await api.call('GET', `${POOLS}?${query}`);
    expect(status).toBe(400);
    expect(body.errors[0]).toMatchObject({ code: 1002, source: { pointer: `/${query.split('=')[0]}` } });
  },
);

test('DELETE returns the identifier, and a second DELETE gets 404', async () => {
  const api = await startTestAdmin();
  const { id } = (await api.call('POST', POOLS, { name: 'web', origins })).body.result;
  const gone = await api.call('DELETE', `${POOLS}/${id}`);
  expect(gone.status).toBe(200);
  expect(gone.body.result).toEqual({ id });
  expect(gone.headers.get('x-lifeguard-revision')).toBe('2');
  for (const method of ['DELETE', 'GET']) expect((await api.call(method, `${POOLS}/${id}`)).status).toBe(404);
  expect((await api.call('PUT', `${POOLS}/${id}`, { name: 'web', origins })).status).toBe(404);
  expect((await api.call('PATCH', `${POOLS}/${id}`, {})).status).toBe(404);
  expect((await api.call('POST', POOLS, { name: 'web', origins })).status).toBe(200);
});

test('pools are the same below the user and below the account', async () => {
  const api = await startTestAdmin();
  const made = (await api.call('POST', '/client/v4/user/load_balancers/pools', { name: 'web', origins })).body
    .result;
  expect((await api.call('GET', `${POOLS}/${made.id}`)).body.result).toEqual(made);
});

test('the references of a pool name its monitor, and those of a monitor its pools', async () => {
  const api = await startTestAdmin();
  const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping', description: 'ping' })).body.result
    .id;
  const pool = (await api.call('POST', POOLS, { name: 'web', monitor, origins })).body.result.id;
  await api.call('POST', POOLS, { name: 'other', origins });
  expect((await api.call('GET', `${POOLS}/${pool}/references`)).body.result).toEqual([
    { reference_type: 'referral', resource_id: monitor, resource_name: 'ping', resource_type: 'monitor' },
  ]);
  expect((await api.call('GET', `${MONITORS}/${monitor}/references`)).body.result).toEqual([
    { reference_type: 'referrer', resource_id: pool, resource_name: 'web', resource_type: 'pool' },
  ]);
  expect((await api.call('PATCH', `${POOLS}/${pool}`, { monitor: null })).body.result.monitor).toBeNull();
  expect((await api.call('GET', `${POOLS}/${pool}/references`)).body.result).toEqual([]);
  expect((await api.call('DELETE', `${MONITORS}/${monitor}`)).status).toBe(200);
});

test('simultaneous PATCHes of one version all apply, since the later ones are repeated', async () => {
  const under = await startTestAdmin();
  const { id } = (await under.call('POST', POOLS, { name: 'web', origins })).body.result;
  const patches = [{ description: 'x' }, { minimum_origins: 7 }, { check_regions: ['WEU'] }, { monitor: '' }];
  let reads = 0;
  let allHaveRead: (() => void) | undefined;
  const barrier = new Promise<void>((resolve) => (allHaveRead = resolve));
  const store: Store = Object.assign(Object.create(under.store) as Store, {
    get: async (kind: 'pool', wanted: string) => {
      const found = await under.store.get(kind, wanted);
      reads += 1;
      if (reads === patches.length) allHaveRead?.();
      await barrier;
      return found;
    },
    close: async () => {},
  });
  const api = await startTestAdmin({ store });
  const answers = await Promise.all(patches.map((patch) => api.call('PATCH', `${POOLS}/${id}`, patch)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(reads).toBeGreaterThan(patches.length);
  expect((await under.call('GET', `${POOLS}/${id}`)).body.result).toMatchObject(
    Object.assign({}, ...patches),
  );
});

test('a body is read as JSON with any content type or none', async () => {
  const api = await startTestAdmin();
  const made = await api.call('POST', POOLS, { name: 'web', origins }, { 'content-type': 'text/plain' });
  expect(made.status).toBe(200);
  const raw = new Uint8Array(Buffer.from(JSON.stringify({ name: 'web2', origins })));
  const authorization = `Bearer ${TOKEN}`;
  // fetch sends no content type with octets.
  const response = await fetch(api.url + POOLS, { method: 'POST', headers: { authorization }, body: raw });
  expect(response.status).toBe(200);
});
