import { expect, test } from 'vitest';
import type { Write } from '../../../src/store/contract/documents.ts';
import { putMonitor, zone } from '../../store/contract/samples.ts';
import { runHere } from '../../support/in-process.ts';
import { MONITOR_GROUPS, MONITORS, POOLS, startTestAdmin, TOKEN } from '../server.ts';

const HOSTILE = ['a\u009b31m', 'a\u009d0;x', 'a\u001b[2J', 'a\u202eb', 'a\u200bb', 'a\u2028b', 'a\u2066b'];

test('names with control or invisible characters are refused with their place', async () => {
  const api = await startTestAdmin();
  const address = '192.0.2.1';
  const { id } = (await api.call('POST', POOLS, { name: 'web', origins: [{ name: 'a', address }] })).body
    .result;
  for (const name of HOSTILE) {
    const pool = await api.call('POST', POOLS, { name: 'other', origins: [{ name, address }] });
    expect([pool.status, pool.body.errors[0].source.pointer]).toEqual([400, '/origins/0/name']);
    const override = { pool: id, action: 'out', owner: name, reason: 'r' };
    const made = await api.call('POST', '/lifeguard/v1/overrides', override);
    expect([made.status, made.body.errors[0].source.pointer]).toEqual([400, '/owner']);
  }
  for (const description of HOSTILE.filter((text) => !text.includes('\u200b'))) {
    const monitor = await api.call('POST', MONITORS, { type: 'icmp_ping', description });
    expect([monitor.status, monitor.body.errors[0].source.pointer]).toEqual([400, '/description']);
  }
});

test('such names from before are still shown, with escapes', async () => {
  const api = await startTestAdmin();
  const { id } = (
    await api.call('POST', POOLS, { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] })
  ).body.result;
  const found = (await api.store.get('pool', id))!;
  const [endpoint] = found.value.endpoints;
  const value = {
    ...found.value,
    description: '\u009bd',
    endpoints: [{ ...endpoint!, name: HOSTILE.join('') }],
  };
  const put = { op: 'put', kind: 'pool', id, value, unique: ['web'], references: [] } as const;
  expect((await api.store.commit([put])).ok).toBe(true);
  const header = { 'X-A': ['\u009b31m\u009d0;x'] };
  const ids = ['1', '2', '3', '4'].map((digit) => digit.repeat(32)) as [string, string, string, string];
  const text = HOSTILE.join('');
  const at = '2026-01-01T00:00:00.000000Z';
  const override = { pool: id, action: 'out', owner: text, reason: text, createdOn: at, modifiedOn: at };
  const group = { description: text, members: [], createdOn: at, modifiedOn: at };
  const others = [
    putMonitor(ids[0], {}, { description: text, header }),
    { op: 'put', kind: 'monitor_group', id: ids[1], value: { id: ids[1], ...group } },
    { op: 'put', kind: 'override', id: ids[2], value: { id: ids[2], ...override } },
    { op: 'put', kind: 'zone', id: ids[3], value: zone(ids[3], { name: `a${text}.example` }) },
  ].map((write) => ({ unique: [], references: [], ...write }) as Write);
  expect((await api.store.commit(others)).ok).toBe(true);
  for (const words of [
    ['pools', 'get', 'web'],
    ...['pools', 'monitors', 'groups', 'override', 'zones', 'token'].map((kind) => [kind, 'list']),
    ['monitors', 'get', ids[0]],
    ['nodes'],
    ['search', 'a'],
    ['events'],
  ])
    for (const json of [[], ['--json']]) {
      const { code, stdout, stderr } = await runHere([...words, ...json, '--api', api.url, '--token', TOKEN]);
      expect([words, code, stderr]).toEqual([words, 0, '']);
      expect(stdout).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}]/u);
    }
  const headers = { authorization: `Bearer ${TOKEN}` };
  const lists = [POOLS, `${POOLS}/${id}`, MONITORS, `${MONITORS}/${ids[0]}`, MONITOR_GROUPS];
  for (const path of [...lists, '/lifeguard/v1/overrides', '/lifeguard/v1/events']) {
    const answered = await fetch(api.url + path, { headers });
    const json = await answered.text();
    expect([path, answered.status]).toEqual([path, 200]);
    expect([path, Number(answered.headers.get('content-length'))]).toEqual([path, Buffer.byteLength(json)]);
    expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    // The escapes mean what they stand for.
    expect([path, /\\u009b|\\u202e/.test(json) || path.endsWith('events')]).toEqual([path, true]);
  }
  const answer = await fetch(`${api.url}${POOLS}/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: '{"enabled":false}',
  });
  expect(answer.status).toBe(200);
});
