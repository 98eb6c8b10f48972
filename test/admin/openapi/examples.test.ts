import { expect, test } from 'vitest';
import { zoneFile } from '../../zone/zone-file.ts';
import { ACCOUNT, startTestAdmin, type TestAdmin } from '../server.ts';
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
  // Those that make something first: what others change, they find.
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
    // A group needs a monitor that there is, and a load balancer a pool: the page that is loaded then has its identifier.
    const body = needsNames(path)
      ? (await offered(api)).find((each) => each.operationId === operationId)!.example
      : example;
    const answer = await api.call(method, list.replace('{id}', id), body);
    expect([operationId, answer.status, answer.body.errors]).toEqual([operationId, 200, []]);
  }
});

test('the page sets its viewport to the width of the screen', async () => {
  const api = await startTestAdmin();
  for (const path of ['/docs', '/docs/'])
    expect(await (await fetch(api.url + path)).text()).toContain(
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
    );
});
