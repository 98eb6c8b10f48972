import { zoneFile } from '../../zone/zone-file.ts';
import { openTestAdmin, POOLS, type TestAdmin } from '../server.ts';

/** The form of accounts. */
export const ACCOUNT_LIST = '/client/v4/accounts/a/load_balancers';

/** Identifiers of pools that do not exist. */
export const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `f${i.toString(16).padStart(31, '0')}`);

/** An API with a zone of the file, which delegates `sub` and renames what is below `moved`, and one of the API, three pools, and a body that steers among them. */
export interface LoadBalancerApi extends TestAdmin {
  /** The load balancers of `example.com`, which is of the file, and of `example.org`, which is of the API. */
  readonly ofFile: string;
  readonly ofApi: string;
  readonly zoneId: string;
  /** Pools: `near` and `far` have coordinates, `nowhere` has none. */
  readonly near: string;
  readonly far: string;
  readonly nowhere: string;
  /** A valid body with a name that no other has. */
  body(over?: object): Record<string, unknown>;
}

/** Starts such an API; the caller stops it. */
export async function openLoadBalancerApi(): Promise<LoadBalancerApi> {
  const records = '@ 60 NS ns1.example.net.\nsub 60 NS ns1.example.net.\nmoved 60 DNAME example.net.';
  const api = await openTestAdmin({ zones: [zoneFile('example.com', records, { pools: 'pools' })] });
  const made = async (path: string, body: object) => {
    const answer = await api.call('POST', path, body);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.body.result.id as string;
  };
  const origins = [{ name: 'a', address: '192.0.2.1' }];
  const near = await made(POOLS, { name: 'near', origins, latitude: 50, longitude: 8 });
  const far = await made(POOLS, { name: 'far', origins, latitude: 40, longitude: -74 });
  const nowhere = await made(POOLS, { name: 'nowhere', origins });
  const zoneId = await made('/client/v4/zones', { name: 'example.org' });
  const zones = (await api.call('GET', '/client/v4/zones')).body.result as { id: string; name: string }[];
  const file = zones.find(({ name }) => name === 'example.com')!.id;
  let count = 0;
  return {
    ...api,
    zoneId,
    ofFile: `/client/v4/zones/${file}/load_balancers`,
    ofApi: `/client/v4/zones/${zoneId}/load_balancers`,
    near,
    far,
    nowhere,
    body: (over = {}) => {
      count += 1;
      return {
        name: `lb${count}.example.org`,
        default_pools: [near, far],
        fallback_pool: nowhere,
        ...over,
      };
    },
  };
}
