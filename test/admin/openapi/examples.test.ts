import { expect, test } from 'vitest';
import { EXAMPLE_ACCOUNT_ID } from '../../../src/admin/openapi/examples.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { ACCOUNT, MONITORS, POOLS, startTestAdmin, type TestAdmin, TOKEN } from '../server.ts';
import type { Schema } from './described.ts';

/** What a server needs to make zones. */
const CONFIGURED = [
  zoneFile(
    'example.com',
    '@ 300 NS ns1.example.com.\n@ 300 NS ns2.example.net.\nns1 300 A 192.0.2.53\nns1 300 AAAA 2001:db8::53\nwww 60 A 192.0.2.1',
    { pools: 'pools' },
  ),
  zoneFile('example.org', '@ 60 NS ns1.example.net.'),
];

interface Offered {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  /** undefined: the page makes one up of the schema. */
  readonly example: object | undefined;
}

/** The bodies that the page offers, each with where it is sent. */
async function offered(api: TestAdmin): Promise<Offered[]> {
  const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string; requestBody?: { content: Content } }>>;
  };
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { operationId, requestBody }]) => {
      const media = requestBody?.content['application/json'];
      if (media === undefined) return [];
      const example = media.example ?? (media.schema.examples as object[] | undefined)?.[0];
      return [{ method: method.toUpperCase(), path, operationId, example }];
    }),
  );
}
type Content = Record<string, { readonly schema: Schema; readonly example?: object }>;

test('every example body of the page is accepted as it is', { timeout: 120_000 }, async () => {
  const api = await startTestAdmin({ zones: CONFIGURED });
  const all = await offered(api);
  expect(all.length).toBeGreaterThan(25);
  expect(all.filter(({ example }) => example === undefined).map(({ operationId }) => operationId)).toEqual(
    [],
  );
  const needsNames = (path: string) => /groups|load_balancers(\/\{id\})?$/.test(path);
  const zones = (await api.call('GET', '/client/v4/zones?name=example.com')).body.result;
  const found = async (list: string) => (await api.call('GET', list)).body.result;
  // Requests that create something come first, so that the others find what they change.
  const rank = ({ method, path }: Offered) =>
    (method === 'POST' ? 0 : 4) + (needsNames(path) ? 2 : 0) + (/preview|overrides|apply/.test(path) ? 1 : 0);
  for (const { method, path, operationId, example } of all.sort((a, b) => rank(a) - rank(b))) {
    // What a zone of the configuration file has does not change.
    const zone = /dns_(settings|records)/.test(path) ? (await found('/client/v4/zones')).at(-1) : zones[0];
    const list = path.replace('{account_id}', ACCOUNT).replace('{zone_id}', zone.id);
    const within = list.split('/{id}')[0]!;
    if (method === 'POST' && /(pools|load_balancers)$/.test(path))
      // The forms of an operation make the same.
      for (const one of await found(within)) await api.call('DELETE', `${within}/${one.id}`);
    const kept = within.replace('/lifeguard/v1/zones', '/client/v4/zones');
    const id = path.includes('{id}') ? (await found(kept)).at(-1).id : '';
    // A group needs an existing monitor, and a load balancer an existing pool: the page has its identifier when it is loaded then.
    const body = needsNames(path)
      ? (await offered(api)).find((each) => each.operationId === operationId)!.example
      : example;
    const answer = await api.call(method, list.replace('{id}', id), body);
    expect([operationId, answer.status, answer.body.errors]).toEqual([operationId, 200, []]);
  }
});

test('every GET of which all parameters have an example answers as it is offered', async () => {
  const api = await startTestAdmin({ zones: CONFIGURED });
  const monitor = (await api.call('POST', MONITORS, { type: 'tcp', port: 80 })).body.result.id;
  await api.call('POST', POOLS, { name: 'web', monitor, origins: [{ name: 'a', address: '192.0.2.1' }] });
  const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
    paths: Record<string, { get?: { parameters?: readonly Parameter[] } }>;
  };
  const offers = Object.entries(paths).flatMap(([path, { get }]) => {
    const needed = get?.parameters?.filter(({ required }) => required) ?? [];
    // The stream of events does not end.
    if (get === undefined || path.endsWith('/live') || needed.some(({ example }) => example === undefined))
      return [];
    const inPath = needed.reduce((text, { name, example }) => text.replace(`{${name}}`, example!), path);
    const query = needed
      .filter((each) => each.in === 'query')
      .map(({ name, example }) => `${name}=${example}`);
    return [query.length === 0 ? inPath : `${inPath}?${query.join('&')}`];
  });
  expect(offers.length).toBeGreaterThan(40);
  expect(offers.some((path) => path.includes('explain?name=www.example.com'))).toBe(true);
  expect(offers.join(' ')).not.toContain(EXAMPLE_ACCOUNT_ID);
  for (const path of offers) {
    const response = await fetch(api.url + path, { headers: { authorization: `Bearer ${TOKEN}` } });
    const status = response.status;
    await response.arrayBuffer();
    // This server has no explanation, and nobody checks here.
    expect([path, status]).toEqual([path, /readyz|explain|\/health$/.test(path) ? expect.any(Number) : 200]);
  }
});
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly example?: string;
}

test('the page sets its viewport to the width of the screen', async () => {
  const api = await startTestAdmin();
  for (const path of ['/docs', '/docs/'])
    expect(await (await fetch(api.url + path)).text()).toContain(
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
    );
});
