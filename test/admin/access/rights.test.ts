import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeBackup } from '../../../src/store/backup/write-backup.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { ACCOUNT, type Answer, openTestAdmin, type TestAdmin, TOKENS } from '../server.ts';

const BALANCING = `/client/v4/accounts/${ACCOUNT}/load_balancers`;
const POOLS = `${BALANCING}/pools`;
const MONITORS = `${BALANCING}/monitors`;
const GROUPS = `${BALANCING}/monitor_groups`;
const OVERRIDES = '/lifeguard/v1/overrides';
const ZONES = '/client/v4/zones';
const APPLY = '/lifeguard/v1/apply';

const origins = [{ name: 'a', address: '192.0.2.1' }];
const RECORD = { type: 'A', name: 'www', content: '192.0.2.1' };
const tcp = { type: 'tcp', port: 80 };
const flags = { enabled: true, monitoring_only: false, must_be_healthy: false };
const decision = { action: 'out', owner: 'ann', reason: 'disk' };

/** Tokens that are no admin's: of scope read, edit with the prefix `web-`, and edit. */
const KINDS = ['read', 'prefix', 'edit'] as const;
type Kind = (typeof KINDS)[number];

/**
 * What there is when a row is tried, made anew after each write, by a number of its own: pools web-<n>, with the monitor `ours`, and
 * api-<n>, with `theirs`; and of these only what the row needs: a group; overrides of both pools; a zone; a token; load balancers of the zone, one of each pool.
 */
type There = Readonly<
  Record<
    | 'n'
    | 'web'
    | 'api'
    | 'ours'
    | 'theirs'
    | 'free'
    | 'group'
    | 'webOverride'
    | 'apiOverride'
    | 'zone'
    | 'zoneName'
    | 'token'
    | 'record'
    | 'steered'
    | 'theirSteered',
    string
  >
>;
type Body = (there: There) => object | string;
/** A write, `{word}` standing for what there is, and who may make it: the scope that is enough, and if a prefix lets it. */
type Row = readonly [request: string, body: Body | undefined, least: 'edit' | 'admin', prefix: boolean];

const named = (prefix: string) => (there: There) => ({ name: `${prefix}${there.n}`, origins });
const always = (body: object | string) => () => body;
/** A load balancer of the zone at a label, with one of the pools. */
const steered = (label: string, pool: 'web' | 'api') => (there: There) => ({
  name: `${label && `${label}.`}${there.zoneName}`,
  default_pools: [there[pool]],
  fallback_pool: there[pool],
});
const members = (there: There) => ({ description: 'g', members: [{ monitor_id: there.free, ...flags }] });

const EMPTY_BACKUP = (
  await Array.fromAsync(
    writeBackup({ epoch: 'e', revision: 0, documents: [] }, { lifeguard: '0', madeOn: '' }),
  )
).join('');

const ROWS: readonly Row[] = [
  [`POST ${POOLS}`, named('web-new-'), 'edit', true],
  [`POST ${POOLS}`, named('WEB-new-'), 'edit', true],
  [`POST ${POOLS}`, named('api-new-'), 'edit', false],
  [`PATCH ${POOLS}?limit=1000`, always({ notification_email: '' }), 'edit', false],
  [`PUT ${POOLS}/{web}`, named('web-put-'), 'edit', true],
  [`PUT ${POOLS}/{web}`, named('api-put-'), 'edit', false],
  [`PUT ${POOLS}/{api}`, named('web-put-'), 'edit', false],
  [`PATCH ${POOLS}/{web}`, always({ description: 'x' }), 'edit', true],
  [`PATCH ${POOLS}/{web}`, named('api-patch-'), 'edit', false],
  [`PATCH ${POOLS}/{api}`, always({ description: 'x' }), 'edit', false],
  [`PATCH ${POOLS}/{api}`, named('web-patch-'), 'edit', false],
  [`DELETE ${POOLS}/{web}`, undefined, 'edit', true],
  [`DELETE ${POOLS}/{api}`, undefined, 'edit', false],
  [`POST ${POOLS}/{web}/preview`, always(tcp), 'edit', true],
  [`POST ${POOLS}/{api}/preview`, always(tcp), 'edit', false],
  [`POST ${MONITORS}`, always(tcp), 'edit', false],
  [`PUT ${MONITORS}/{ours}`, always({ ...tcp, port: 81 }), 'edit', false],
  [`PATCH ${MONITORS}/{ours}`, always({ port: 81 }), 'edit', false],
  [`DELETE ${MONITORS}/{free}`, undefined, 'edit', false],
  [`POST ${MONITORS}/{ours}/preview`, always({}), 'edit', true],
  [`POST ${MONITORS}/{theirs}/preview`, always({}), 'edit', false],
  [`POST ${GROUPS}`, members, 'edit', false],
  [`PUT ${GROUPS}/{group}`, members, 'edit', false],
  [`PATCH ${GROUPS}/{group}`, always({ description: 'x' }), 'edit', false],
  [`DELETE ${GROUPS}/{group}`, undefined, 'edit', false],
  [`POST ${OVERRIDES}`, (there) => ({ ...decision, pool: there.web }), 'edit', true],
  [`POST ${OVERRIDES}`, (there) => ({ ...decision, pool: `api-${there.n}` }), 'edit', false],
  [
    `POST ${OVERRIDES}?replace=true`,
    (there) => ({ ...decision, pool: there.api, endpoint: 'a' }),
    'edit',
    false,
  ],
  [`DELETE ${OVERRIDES}/{webOverride}`, undefined, 'edit', true],
  [`DELETE ${OVERRIDES}/{apiOverride}`, undefined, 'edit', false],
  [`POST ${BALANCING}`, steered('web-new', 'web'), 'edit', true],
  [`POST ${BALANCING}`, steered('*.WEB-new', 'web'), 'edit', true],
  [`POST ${BALANCING}`, steered('api-new', 'web'), 'edit', false],
  [`POST ${BALANCING}`, steered('', 'web'), 'edit', false],
  [`POST ${BALANCING}`, steered('a.web-new', 'web'), 'edit', false],
  [`POST ${BALANCING}`, steered('web-new', 'api'), 'edit', false],
  [
    `POST ${BALANCING}`,
    (there) => ({ ...steered('web-new', 'web')(there), pop_pools: { FRA: [there.api] } }),
    'edit',
    false,
  ],
  [`PUT ${BALANCING}/{steered}`, steered('web-put', 'web'), 'edit', true],
  [`PUT ${BALANCING}/{theirSteered}`, steered('web-put', 'web'), 'edit', false],
  [`PATCH ${BALANCING}/{steered}`, (there) => ({ fallback_pool: there.api }), 'edit', false],
  [`PATCH ${BALANCING}/{steered}`, always({ ttl: 7 }), 'edit', true],
  [`DELETE ${BALANCING}/{steered}`, undefined, 'edit', true],
  [`DELETE ${BALANCING}/{theirSteered}`, undefined, 'edit', false],
  [`POST ${ZONES}/{zone}/load_balancers`, steered('web-new', 'web'), 'edit', true],
  [`PUT ${ZONES}/{zone}/load_balancers/{steered}`, steered('web-put', 'web'), 'edit', true],
  [`PATCH ${ZONES}/{zone}/load_balancers/{theirSteered}`, always({ ttl: 7 }), 'edit', false],
  [`DELETE ${ZONES}/{zone}/load_balancers/{steered}`, undefined, 'edit', true],
  [`POST ${APPLY}`, (there) => ({ pools: [named('web-new-')(there)] }), 'edit', true],
  [
    `POST ${APPLY}`,
    (there) => ({ pools: ['web-new-', 'api-new-'].map((one) => named(one)(there)) }),
    'edit',
    false,
  ],
  [`POST ${APPLY}`, (there) => ({ monitors: [{ ...tcp, description: `m${there.n}` }] }), 'edit', false],
  ['POST /lifeguard/v1/notifications/test', undefined, 'edit', false],
  [`POST ${ZONES}`, (there) => ({ name: `new-${there.n}.example` }), 'admin', false],
  [`PATCH ${ZONES}/{zone}`, always({ paused: true }), 'admin', false],
  [`DELETE ${ZONES}/{zone}`, undefined, 'admin', false],
  [`PATCH ${ZONES}/{zone}/dns_settings`, always({ ns_ttl: 60 }), 'admin', false],
  [`POST ${ZONES}/{zone}/dns_records`, always(RECORD), 'edit', false],
  [`POST ${ZONES}/{zone}/dns_records/batch`, always({ posts: [RECORD] }), 'edit', false],
  [`POST ${ZONES}/{zone}/dns_records/import`, always('new 60 IN A 192.0.2.1\n'), 'edit', false],
  [`PUT ${ZONES}/{zone}/dns_records/{record}`, always(RECORD), 'edit', false],
  [`PATCH ${ZONES}/{zone}/dns_records/{record}`, always({ ttl: 60 }), 'edit', false],
  [`DELETE ${ZONES}/{zone}/dns_records/{record}`, undefined, 'edit', false],
  ['PATCH /lifeguard/v1/zones/{zone}/settings', always({ ttl: 7 }), 'admin', false],
  ['POST /lifeguard/v1/restore?replace=true&dry_run=true', always(EMPTY_BACKUP), 'admin', false],
  ['POST /lifeguard/v1/reload', undefined, 'admin', false],
  [`POST ${TOKENS}`, (there) => ({ name: `new-${there.n}`, scope: 'read' }), 'admin', false],
  [`DELETE ${TOKENS}/{token}`, undefined, 'admin', false],
];

let api: TestAdmin;
let count = 0;
let secrets: Record<Kind, string>;

beforeAll(async () => {
  api = await openTestAdmin({ zones: [zoneFile('example.com', '@ 300 NS ns1.example.net.')] });
  const made = KINDS.map(async (kind) => {
    const scope = kind === 'read' ? 'read' : 'edit';
    return [
      kind,
      await result('POST', TOKENS, { name: kind, scope, ...(kind === 'prefix' && { pool_prefix: 'web-' }) }),
    ];
  });
  const tokens = (await Promise.all(made)) as [Kind, { token: string }][];
  secrets = Object.fromEntries(tokens.map(([kind, { token }]) => [kind, token])) as Record<Kind, string>;
});
afterAll(() => api.stop());

async function result(method: string, path: string, body?: object) {
  const answer = await api.call(method, path, body);
  expect([answer.status, answer.body.errors]).toEqual([200, []]);
  return answer.body.result;
}

/** The words of what a row speaks of: each write that it can do without takes its time. */
function neededBy([request, body]: Row): ReadonlySet<string> {
  const words = new Set([...request.matchAll(/\{(\w+)\}/g)].map(([, word]) => word!));
  body?.(new Proxy({} as There, { get: (_, word) => words.add(String(word)) && String(word) }));
  return words;
}

async function makeThere(needed: ReadonlySet<string>): Promise<There> {
  count += 1;
  const n = String(count);
  const made = async (path: string, body: object): Promise<string> => (await result('POST', path, body)).id;
  const ifNeeded = async (words: readonly (keyof There)[], path: string, body: () => object) =>
    words.some((word) => needed.has(word)) ? made(path, body()) : '';
  const [ours, theirs] = await Promise.all([made(MONITORS, tcp), made(MONITORS, tcp)]);
  const pool = (name: string, monitor: string) =>
    made(POOLS, { name, origins, monitor, notification_email: 'ops@example.org' });
  const [web, api] = [await pool(`web-${n}`, ours), await pool(`api-${n}`, theirs)];
  const override = (target: string) => () => ({ ...decision, pool: target, endpoint: 'a' });
  const zoneName = `zone-${n}.example`;
  const zone = await ifNeeded(['zone', 'zoneName', 'record', 'steered', 'theirSteered'], ZONES, () => ({
    name: zoneName,
  }));
  const loadBalancer = (label: string, target: string) => () => ({
    name: `${label}.${zoneName}`,
    default_pools: [target],
    fallback_pool: web,
  });
  const members = [{ monitor_id: ours, ...flags }];
  const record = { ...RECORD, name: 'there' };
  return {
    n,
    web,
    api,
    ours,
    theirs,
    zone,
    zoneName,
    steered: await ifNeeded(['steered'], BALANCING, loadBalancer('web-a', web)),
    theirSteered: await ifNeeded(['theirSteered'], BALANCING, loadBalancer('web-b', api)),
    free: await ifNeeded(['free'], MONITORS, () => tcp),
    group: await ifNeeded(['group'], GROUPS, () => ({ description: 'g', members })),
    webOverride: await ifNeeded(['webOverride'], OVERRIDES, override(web)),
    apiOverride: await ifNeeded(['apiOverride'], OVERRIDES, override(api)),
    record: await ifNeeded(['record'], `${ZONES}/${zone}/dns_records`, () => record),
    token: await ifNeeded(['token'], TOKENS, () => ({ name: `t${n}`, scope: 'read' })),
  };
}

const filled = (path: string, there: There) =>
  path.replaceAll(/\{(\w+)\}/g, (_, word: keyof There) => there[word]);

/** Tries a row as somebody, on what there is; fails where a refusal left something changed. */
async function tried([request, body]: Row, kind: Kind | 'admin', there: There): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ');
  const before = await api.store.read();
  const sent = body?.(there);
  const headers = {
    ...(kind !== 'admin' && { authorization: `Bearer ${secrets[kind]}` }),
    ...(typeof sent === 'string' && { 'content-type': 'text/plain' }),
  };
  const answer = await api.call(method, filled(path, there), sent, headers);
  if (answer.status === 403) {
    expect(answer.body.errors[0].code).toBe(10000);
    // Many times as fast as toEqual, for all that is there.
    expect(isDeepStrictEqual(await api.store.read(), before)).toBe(true);
  }
  return answer;
}

test.each(ROWS.map((row) => [row[0], row[2], row[3] ? 'with' : 'without', row] as const))(
  '%s is for %s tokens, %s a prefix',
  async (_request, least, _prefix, row) => {
    const expected = {
      read: 403,
      edit: least === 'edit' ? 200 : 403,
      prefix: row[3] ? 200 : 403,
      admin: 200,
    };
    const found: Record<string, number> = {};
    let there: There | undefined;
    for (const kind of [...KINDS, 'admin'] as const) {
      there ??= await makeThere(neededBy(row));
      found[kind] = (await tried(row, kind, there)).status;
      // What a refusal left as it was serves the next.
      if (found[kind] !== 403) there = undefined;
    }
    expect(found).toEqual(expected);
  },
);

describe('the table covers every route', () => {
  const described = async (): Promise<[method: string, path: string][]> => {
    const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as { paths: object };
    return Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item as object).map((method): [string, string] => [method.toUpperCase(), path]),
    );
  };

  test('that writes', async () => {
    const shape = (path: string) => path.split('?')[0]!.replaceAll(/\{\w+\}|(?<=accounts\/)\w+/g, '{}');
    const rows = new Set(
      ROWS.map(([request]) => request.split(' ')).map(([method, path]) => `${method} ${shape(path!)}`),
    );
    // Below the user are the same as below the account.
    const writes = (await described()).filter(
      ([method, path]) => method !== 'GET' && !path.startsWith('/client/v4/user/'),
    );
    expect(writes.length).toBeGreaterThan(20);
    const untold = writes.map(([method, path]) => `${method} ${shape(path)}`).filter((one) => !rows.has(one));
    expect(untold).toEqual([]);
  });

  test('that reads, which is allowed to every token, except for tokens themselves and backups', async () => {
    const there = await makeThere(new Set(['zone', 'record', 'token', 'group']));
    const reads = (await described()).filter(
      ([method, path]) => method === 'GET' && !path.endsWith('/events/live'),
    );
    expect(reads.length).toBeGreaterThan(20);
    const ofAdmins = new RegExp(`^(${TOKENS}|/lifeguard/v1/backup$)`);
    for (const [, path] of reads)
      for (const kind of KINDS) {
        const target = path
          .replace('{account_id}', ACCOUNT)
          .replace(/\{(id|revision)\}/, there.token)
          .replace('{zone_id}', there.zone);
        const headers = { authorization: `Bearer ${secrets[kind]}` };
        // A zone file and a backup are no JSON.
        const { status } = /\/(dns_records\/export|backup)$/.test(path)
          ? await fetch(`${api.url}${target}`, { headers })
          : await api.call('GET', target, undefined, headers);
        expect([path, kind, status === 403]).toEqual([path, kind, ofAdmins.test(path)]);
      }
  });
});
