import { expect, test } from 'vitest';
import { startTestAdmin } from '../server.ts';

test('/livez and /readyz need no credential', async () => {
  let ready = false;
  const api = await startTestAdmin({ ready: () => ready });
  const get = async (path: string) => {
    const response = await fetch(api.url + path);
    return [response.status, await response.json()];
  };
  expect(await get('/livez')).toEqual([200, { live: true }]);
  expect(await get('/readyz')).toEqual([503, { ready: false }]);
  ready = true;
  expect(await get('/readyz')).toEqual([200, { ready: true }]);
});

test('the OpenAPI document has every path, and the rules of request bodies', async () => {
  const api = await startTestAdmin({ intervals: { minSeconds: 5, maxSeconds: 600 } });
  const response = await fetch(`${api.url}/openapi.json`);
  // biome-ignore lint/suspicious/noExplicitAny: the document is looked into as it came
  const document = (await response.json()) as any;
  expect(document.openapi).toBe('3.1.0');
  const verbs = Object.fromEntries(
    Object.entries(document.paths).map(([path, item]) => [
      path,
      Object.keys(item as object)
        .sort()
        .join(' '),
    ]),
  );
  const below = (prefix: string) => ({
    [`${prefix}/load_balancers/pools`]: 'get patch post',
    [`${prefix}/load_balancers/pools/{id}`]: 'delete get patch put',
    [`${prefix}/load_balancers/pools/{id}/health`]: 'get',
    [`${prefix}/load_balancers/pools/{id}/references`]: 'get',
    [`${prefix}/load_balancers/monitors`]: 'get post',
    [`${prefix}/load_balancers/monitors/{id}`]: 'delete get patch put',
    [`${prefix}/load_balancers/monitors/{id}/references`]: 'get',
    [`${prefix}/load_balancers/pools/{id}/preview`]: 'post',
    [`${prefix}/load_balancers/monitors/{id}/preview`]: 'post',
    [`${prefix}/load_balancers/preview/{id}`]: 'get',
    [`${prefix}/tokens/verify`]: 'get',
  });
  const loadBalancers = (prefix: string) => ({
    [`${prefix}/load_balancers`]: 'get post',
    [`${prefix}/load_balancers/{id}`]: 'delete get patch put',
    [`${prefix}/load_balancers/{id}/health`]: 'get',
  });
  const account = '/client/v4/accounts/{account_id}';
  expect(verbs).toEqual({
    ...below(account),
    ...below('/client/v4/user'),
    ...loadBalancers(account),
    ...loadBalancers('/client/v4/zones/{zone_id}'),
    '/client/v4/user/load_balancing_analytics/events': 'get',
    '/lifeguard/v1/load_balancers/health': 'get',
    '/lifeguard/v1/apply': 'post',
    '/lifeguard/v1/backup': 'get',
    '/lifeguard/v1/explain': 'get',
    '/lifeguard/v1/explain/countries': 'get',
    '/lifeguard/v1/export': 'get',
    '/lifeguard/v1/notifications/test': 'post',
    '/lifeguard/v1/overrides': 'get post',
    '/lifeguard/v1/overrides/{id}': 'delete get',
    '/lifeguard/v1/events': 'get',
    '/lifeguard/v1/events/live': 'get',
    '/lifeguard/v1/nodes': 'get',
    '/lifeguard/v1/regions': 'get',
    '/lifeguard/v1/revisions/{revision}': 'get',
    '/lifeguard/v1/workers': 'get',
    '/lifeguard/v1/pools/states': 'get',
    '/lifeguard/v1/pools/{id}/history': 'get',
    '/lifeguard/v1/pools/{id}/response_times': 'get',
    '/lifeguard/v1/pools/{id}/state': 'get',
    '/lifeguard/v1/summary': 'get',
    '/lifeguard/v1/whoami': 'get',
    '/lifeguard/v1/tokens': 'get post',
    '/lifeguard/v1/tokens/{id}': 'delete get',
    [`${account}/load_balancers/monitor_groups`]: 'get post',
    [`${account}/load_balancers/monitor_groups/{id}`]: 'delete get patch put',
    [`${account}/load_balancers/monitor_groups/{id}/references`]: 'get',
    [`${account}/load_balancers/regions`]: 'get',
    [`${account}/load_balancers/regions/{id}`]: 'get',
    [`${account}/load_balancers/search`]: 'get',
    '/client/v4/accounts': 'get',
    [account]: 'get',
    '/client/v4/zones': 'get post',
    '/client/v4/zones/{id}': 'delete get patch',
    '/lifeguard/v1/zones/{id}/settings': 'get patch',
    '/client/v4/zones/{zone_id}/dns_records': 'get post',
    '/client/v4/zones/{zone_id}/dns_records/{id}': 'delete get patch put',
    '/client/v4/zones/{zone_id}/dns_records/batch': 'post',
    '/client/v4/zones/{zone_id}/dns_records/export': 'get',
    '/client/v4/zones/{zone_id}/dns_records/import': 'post',
    '/client/v4/zones/{zone_id}/dns_records/usage': 'get',
    '/client/v4/zones/{zone_id}/dns_settings': 'get patch',
    '/client/v4/zones/{zone_id}/pagerules': 'get',
    [`${account}/dns_records/usage`]: 'get',
    '/client/v4/memberships': 'get',
    '/lifeguard/v1/reload': 'post',
    '/lifeguard/v1/restore': 'post',
    '/livez': 'get',
    '/metrics': 'get',
    '/readyz': 'get',
  });

  const bodyOf = (path: string, verb: string) =>
    document.paths[`/client/v4/user/load_balancers/${path}`][verb].requestBody.content['application/json']
      .schema;
  expect(bodyOf('pools', 'post').required).toEqual(['name', 'origins']);
  expect(bodyOf('pools/{id}', 'patch').required).toBeUndefined();
  expect(bodyOf('pools', 'post').properties.origins.items.properties.weight).toMatchObject({
    type: ['number', 'null'],
    minimum: 0,
    maximum: 1,
    multipleOf: 0.01,
    default: 1,
  });
  expect(bodyOf('monitors', 'post').properties.interval).toMatchObject({
    minimum: 5,
    maximum: 600,
    default: 60,
  });
  const parameters =
    document.paths['/client/v4/accounts/{account_id}/load_balancers/pools/{id}'].get.parameters;
  expect(parameters.map((parameter: { name: string }) => parameter.name)).toEqual(['account_id', 'id']);
});
