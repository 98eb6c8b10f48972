import { describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/admin/http/errors.ts';
import { LoadBalancerBody } from '../../src/admin/load-balancers/schema.ts';
import { GroupBody } from '../../src/admin/monitor-groups/schema.ts';
import { monitorBody } from '../../src/admin/monitors/schema.ts';
import { OverrideBody } from '../../src/admin/overrides/schema.ts';
import { PoolBody } from '../../src/admin/pools/schema.ts';
import { RecordBody } from '../../src/admin/records/schema.ts';
import { DnsSettingsPatch } from '../../src/admin/zones/dns-settings-schema.ts';
import { SettingsPatch, ZoneBody, ZonePatch } from '../../src/admin/zones/schema.ts';
import { startTestAdmin, TOKEN } from '../admin/server.ts';
import { readTree } from '../support/source-tree.ts';

const page = readTree('docs/API.md').get('docs/API.md')!;
const BELOW: Readonly<Record<string, string>> = {
  account: '/client/v4/accounts/{account_id}',
  user: '/client/v4/user',
  v4: '/client/v4',
  lifeguard: '/lifeguard/v1',
  root: '',
};

/** The cells of each row of the tables below a heading and its subheadings, heads left out. */
function rowsBelow(heading: string): string[][] {
  const [, level] = new RegExp(`^(##+) ${heading}\\n`, 'm').exec(page) ?? [];
  if (level === undefined) throw new Error(`docs/API.md has no heading "${heading}"`);
  const [, text] = new RegExp(`^${level} ${heading}\\n([^]*?)(?=^#{2,${level.length}} |$(?![^]))`, 'm').exec(
    page,
  )!;
  const rows = text!.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => row.split('|').slice(1, -1));
}

const spans = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, span]) => span!);

/** Every endpoint the page tells of, as `GET /path`. */
const told = rowsBelow('Endpoints').flatMap(([below, path, methods]) =>
  spans(below!).flatMap((place) =>
    spans(methods!).map((method) => `${method} ${BELOW[place]}${spans(path!)[0] ?? ''}`),
  ),
);

test('every route is documented, and every documented route exists', async () => {
  const api = await startTestAdmin();
  // biome-ignore lint/suspicious/noExplicitAny: the document is looked into as it came
  const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as any;
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.length).toBeGreaterThan(40);
  expect(described.filter((route) => !told.includes(route))).toEqual([]);
  // What programs are not told of answers all the same.
  const others = told.filter((route) => !described.includes(route));
  expect(others.every((route) => route.startsWith('GET /'))).toBe(true);
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (const route of others) {
    const { status } = await fetch(`${api.url}${route.slice(4)}`, { headers });
    expect([route, status]).toEqual([route, 200]);
  }
  expect(new Set(told).size).toBe(told.length);
});

const { items } = PoolBody.properties.origins;
const { items: member } = GroupBody.properties.members;
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  'Load balancer': Object.keys(LoadBalancerBody.properties),
  Pool: Object.keys(PoolBody.properties),
  'Origin \\(endpoint\\)': Object.keys(items.properties),
  Monitor: Object.keys(monitorBody({ minSeconds: 1, maxSeconds: 60 }).properties),
  'Monitor group': Object.keys(GroupBody.properties),
  'Member of a group': Object.keys(member.properties),
  Zone: [...new Set([...Object.keys(ZoneBody.properties), ...Object.keys(ZonePatch.properties)])],
  Override: Object.keys(OverrideBody.properties),
  Record: Object.keys(RecordBody.properties),
  'DNS settings of a zone': Object.keys(DnsSettingsPatch.properties),
  'Settings of a zone': Object.keys(SettingsPatch.properties),
};

describe('properties', () => {
  test.each(Object.entries(WRITTEN))(
    '%s: each is documented once with its effect, and no other',
    (heading, keys) => {
      const rows = rowsBelow(heading);
      expect(rows.map(([name]) => spans(name!)[0]).sort()).toEqual([...keys].sort());
      for (const [name, effect] of rows)
        expect(`${name}${effect}`).toMatch(/`[a-z_]+`\s+(effective|stored|read-only|shown)\s*$/);
    },
  );
});

describe('errors', () => {
  const rows = rowsBelow('Errors');
  const written = rows.map(([status, code, message]) =>
    [status, code, message].flatMap((cell) => spans(cell!)),
  );
  const raised = Object.values(ERRORS).map(({ status, code, message, ...more }) => [
    `${status}`,
    `${code}`,
    message,
    ...[...('chain' in more ? more.chain : []), ...('also' in more ? more.also : [])].flatMap((each) => [
      `${each.code}`,
      each.message,
    ]),
  ]);

  test('every error of the catalogue is documented as it is answered, and no other', () => {
    expect(written.map(String).sort()).toEqual(raised.map(String).sort());
  });

  test('each error has its cause, in order of status', () => {
    for (const [status, , , when] of rows) expect(`${status}${when}`).toMatch(/`\d{3}`\s+\S.*\.\s*$/);
    const statuses = written.map(([status]) => Number(status));
    expect(statuses).toEqual(statuses.toSorted((a, b) => a - b));
  });

  test('each of our own codes means one error', () => {
    const ours = Object.values(ERRORS)
      .map(({ code }) => code)
      .filter((code) => code >= 1_400 && code < 1_600);
    expect(new Set(ours).size).toBe(ours.length);
  });
});
