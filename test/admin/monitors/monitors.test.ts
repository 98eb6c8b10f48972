import { expect, test } from 'vitest';
import { MONITORS, POOLS, startTestAdmin } from '../server.ts';

const origins = [{ name: 'a', address: '192.0.2.1' }];
const defaults = {
  description: '',
  interval: 60,
  timeout: 5,
  retries: 2,
  path: '/',
  expected_body: '',
  follow_redirects: false,
  allow_insecure: false,
  probe_zone: '',
};

test.each([
  [{ expected_codes: '200' }, { type: 'http', method: 'GET', expected_codes: '200' }],
  [
    { type: 'https', expected_codes: '2xx' },
    { type: 'https', method: 'GET', expected_codes: '2xx' },
  ],
  [
    { type: 'tcp', port: 25 },
    { type: 'tcp', method: 'connection_established', port: 25 },
  ],
  [
    { type: 'udp_icmp', port: 53 },
    { type: 'udp_icmp', method: '', port: 53 },
  ],
  [
    { type: 'smtp', port: 25 },
    { type: 'smtp', method: '', port: 25 },
  ],
  [{ type: 'icmp_ping' }, { type: 'icmp_ping', method: '' }],
  [
    { type: 'dns', path: '/www.example.org/A' },
    { type: 'dns', method: '', path: '/www.example.org/A' },
  ],
  [
    { type: 'dns', path: '/./ns', port: 5353, expected_body: 'ns1.example.org' },
    { type: 'dns', method: '', path: '/./ns', port: 5353, expected_body: 'ns1.example.org' },
  ],
  [
    { type: 'grpc', port: 50051 },
    { type: 'grpc', method: '', port: 50051 },
  ],
  [
    { type: 'grpcs', port: 443, path: '/example.Service', allow_insecure: true },
    { type: 'grpcs', method: '', port: 443, path: '/example.Service', allow_insecure: true },
  ],
  [
    { type: null, method: '', path: '', interval: null, expected_codes: '200', consecutive_up: null },
    { type: 'http', method: 'GET', expected_codes: '200', consecutive_up: null },
  ],
])('%j is created with the documented defaults', async (written, made) => {
  const api = await startTestAdmin();
  const { status, body } = await api.call('POST', MONITORS, written);
  expect(status).toBe(200);
  const { id, created_on, modified_on, ...fields } = body.result;
  expect(fields).toEqual({ ...defaults, ...made });
  expect(modified_on).toBe(created_on);
  expect((await api.call('GET', `${MONITORS}/${id}`)).body.result).toEqual(body.result);
});

test('port, header and thresholds are returned as written, also zeros, nulls and empty maps', async () => {
  const api = await startTestAdmin();
  const base = { ...defaults, type: 'http', method: 'HEAD', expected_codes: '200, 3xx' };
  for (const fields of [
    { port: 0, header: {}, consecutive_up: 0, consecutive_down: 0 },
    { port: null, header: null },
    { header: { 'X-B': ['2', ''], 'x-a': ['1\té'], constructor: ['1'], Host: ['www.example.org:8080'] } },
  ]) {
    const { body } = await api.call('POST', MONITORS, { ...base, ...fields });
    const { id, created_on, modified_on, ...echoed } = body.result;
    expect(echoed).toEqual({ ...base, ...fields });
  }
});

test('PUT resets omitted fields, and PATCH keeps them', async () => {
  const api = await startTestAdmin();
  const filled = { expected_codes: '200', interval: 30, header: { Host: ['a.example.org'] }, port: 8080 };
  const made = (await api.call('POST', MONITORS, filled)).body.result;
  const path = `${MONITORS}/${made.id}`;
  const patched = (await api.call('PATCH', path, { header: { 'X-A': ['1'] } })).body.result;
  expect(patched).toEqual({ ...made, header: { 'X-A': ['1'] }, modified_on: patched.modified_on });
  const put = (await api.call('PUT', path, { expected_codes: '404' })).body.result;
  const { id, created_on, modified_on, ...fields } = put;
  expect(fields).toEqual({ ...defaults, type: 'http', method: 'GET', expected_codes: '404' });
  expect([id, created_on]).toEqual([made.id, made.created_on]);
});

test('a PATCH to type dns needs a question in path', async () => {
  const api = await startTestAdmin();
  const made = (await api.call('POST', MONITORS, { type: 'tcp', port: 53 })).body.result;
  const path = `${MONITORS}/${made.id}`;
  const refused = await api.call('PATCH', path, { type: 'dns' });
  expect([refused.status, refused.body.errors[0].source.pointer]).toEqual([400, '/path']);
  const { body } = await api.call('PATCH', path, { type: 'dns', path: '/example.org/SOA' });
  expect(body.result).toMatchObject({ type: 'dns', method: '', path: '/example.org/SOA', port: 53 });
});

test('a PATCH of the type sets the default method of the new type, unless it has a method', async () => {
  const api = await startTestAdmin();
  const path = `${MONITORS}/${(await api.call('POST', MONITORS, { type: 'tcp', port: 80 })).body.result.id}`;
  const bare = await api.call('PATCH', path, { type: 'http' });
  expect(bare.body.errors).toEqual([
    {
      code: 1002,
      message: 'expected_codes must be set for http monitors: validation failed',
      source: { pointer: '/expected_codes' },
    },
  ]);
  const http = await api.call('PATCH', path, { type: 'http', expected_codes: '200' });
  expect(http.body.result).toMatchObject({ type: 'http', method: 'GET', port: 80 });
  const head = await api.call('PATCH', path, { type: 'https', method: 'HEAD' });
  expect(head.body.result).toMatchObject({ type: 'https', method: 'HEAD' });
});

test('a monitor cannot be deleted while a pool uses it', async () => {
  const api = await startTestAdmin();
  const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  const pool = (await api.call('POST', POOLS, { name: 'web', monitor, origins })).body.result.id;
  const before = await api.store.read();
  const refused = await api.call('DELETE', `${MONITORS}/${monitor}`);
  expect(refused.status).toBe(412);
  expect(refused.body.errors).toEqual([
    { code: 1005, message: 'This object is referenced by other objects, delete them first.' },
  ]);
  expect(await api.store.read()).toEqual(before);
  await api.call('DELETE', `${POOLS}/${pool}`);
  expect((await api.call('DELETE', `${MONITORS}/${monitor}`)).body.result).toEqual({ id: monitor });
});

test('lists are ordered by age and have pages', async () => {
  let nowMs = 0;
  const api = await startTestAdmin({ epochMs: () => (nowMs += 1_000) });
  for (const description of ['c', 'a', 'b'])
    await api.call('POST', MONITORS, { type: 'icmp_ping', description });
  const listed = async (query: string) =>
    (await api.call('GET', `${MONITORS}${query}`)).body.result
      .map((monitor: { description: string }) => monitor.description)
      .join('');
  expect(await listed('')).toBe('cab');
  expect(await listed('?page=2&per_page=2')).toBe('b');
});

test('the configuration limits the interval, and the default stays within these limits', async () => {
  const api = await startTestAdmin({ intervals: { minSeconds: 120, maxSeconds: 300 } });
  const made = await api.call('POST', MONITORS, { expected_codes: '200' });
  expect(made.body.result.interval).toBe(120);
  const low = await api.call('POST', MONITORS, { expected_codes: '200', interval: 119 });
  expect(low.body.errors[0].message).toBe('interval is not in the range [120, 300]: validation failed');
  for (const interval of [120, 300])
    expect((await api.call('POST', MONITORS, { expected_codes: '200', interval })).status).toBe(200);
});

test.each([
  ['timeout', 1, 10],
  ['retries', 0, 5],
  ['consecutive_up', 0, 1_000],
  ['consecutive_down', 0, 1_000],
  ['port', 0, 65_535],
  ['interval', 1, 3_600],
])('%s may be %i and %i', async (field, min, max) => {
  const api = await startTestAdmin();
  for (const value of [min, max]) {
    const { body } = await api.call('POST', MONITORS, { expected_codes: '200', [field]: value });
    expect(body.result[field]).toBe(value);
  }
});
