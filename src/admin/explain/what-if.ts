import { type Place, placeNamed } from '../../place/place.ts';
import { type EndpointHealth, isMonitored } from '../../pool/members.ts';
import { endpointKey } from '../../pool/override.ts';
import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { Problem } from '../http/problem.ts';
import { noEndpointAtNameWords, noPoolAtNameWords } from '../pools/no-such.ts';

/** What is supposed. */
export interface WhatIf {
  /** Whether anything is. */
  readonly isGiven: boolean;
  /** The supposed result of the checks of an endpoint; undefined: none is supposed. */
  healthy(pool: Pool, endpoint: string): boolean | undefined;
  /** Whether something is supposed of a pool as a whole. */
  has(pool: Pool): boolean;
  /** Where the client is; undefined: nothing is supposed of that. */
  readonly place: Place | undefined;
  /** What is supposed of endpoints and of pools, by their names in lower case. */
  readonly endpoints: Readonly<Record<string, State>>;
  readonly pools: Readonly<Record<string, State>>;
}

type State = 'healthy' | 'unhealthy';

/** Nothing is supposed. */
export const NOTHING_SUPPOSED: WhatIf = {
  isGiven: false,
  healthy: () => undefined,
  has: () => false,
  place: undefined,
  endpoints: {},
  pools: {},
};

/** The texts of a request. */
export interface Supposed {
  /** `name:healthy` and `name:unhealthy`, of endpoints and of pools. `pool/name` is the endpoint of one pool alone. */
  readonly endpoints: readonly string[];
  readonly pools: readonly string[];
  /** A place, as placeNamed() takes it. */
  readonly place: string | undefined;
}

/** Maximum number of suppositions of each kind in one request. */
export const WHAT_IFS_MAX = 100;

/** Parses what is supposed, and reports all problems. `pools`: those that may answer at the name. */
export function whatIfOf(
  supposed: Supposed,
  pools: readonly Pool[],
): { readonly whatIf: WhatIf; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const states = (
    texts: readonly string[],
    pointer: string,
    what: string,
    accept: (name: string) => string | undefined,
  ) => {
    const found: [string, State][] = [];
    if (texts.length > WHAT_IFS_MAX)
      problems.push({ pointer, rule: `is given more than ${WHAT_IFS_MAX} times` });
    for (const text of texts) {
      // A name may contain colons too.
      const [, name, state] = /^(.+):(healthy|unhealthy)$/.exec(text) ?? [];
      const unknown = name === undefined ? undefined : accept(name);
      if (name === undefined)
        problems.push({ pointer, rule: `must be ${what}, a colon, and healthy or unhealthy` });
      else if (unknown !== undefined) problems.push({ pointer, rule: '', sentence: unknown });
      else found.push([endpointKey(name), state as State]);
    }
    return found;
  };
  const names = pools.flatMap((pool) => pool.endpoints.map(({ name }) => name));
  const known = new Set(
    pools.flatMap((pool) => pool.endpoints.flatMap(({ name }) => [endpointKey(name), inPool(pool, name)])),
  );
  const endpoints = states(supposed.endpoints, '/what_if', 'an endpoint', (name) =>
    known.has(endpointKey(name)) ? undefined : noEndpointAtNameWords(names, name),
  );
  const ofPools = states(supposed.pools, '/what_if_pool', 'a pool', (name) =>
    pools.some((pool) => isCalled(pool, name))
      ? undefined
      : noPoolAtNameWords(
          pools.map((pool) => pool.name),
          name,
        ),
  );
  const place = supposed.place === undefined ? undefined : placeNamed(supposed.place);
  if (supposed.place !== undefined && place === undefined)
    problems.push({
      pointer: '/place',
      rule: 'must be the code of a region (WEU), country (DE) or subdivision (US-CA), or coordinates (50.1,8.7)',
    });
  const byEndpoint = new Map(endpoints.map(([name, state]) => [name, state === 'healthy']));
  const whatIf: WhatIf = {
    isGiven: endpoints.length + ofPools.length > 0 || place !== undefined,
    healthy(pool, endpoint) {
      const ofPool = ofPools.findLast(([name]) => isCalled(pool, name));
      return (
        byEndpoint.get(inPool(pool, endpoint)) ??
        byEndpoint.get(endpointKey(endpoint)) ??
        (ofPool && ofPool[1] === 'healthy')
      );
    },
    has: (pool) => ofPools.some(([name]) => isCalled(pool, name)),
    place,
    endpoints: Object.fromEntries(endpoints),
    pools: Object.fromEntries(ofPools),
  };
  return { whatIf, problems };
}

function inPool(pool: Pool, endpoint: string): string {
  return endpointKey(`${pool.name}/${endpoint}`);
}

function isCalled({ id, name }: Pool, called: string): boolean {
  return id === called || poolNameKey(name) === poolNameKey(called);
}

/** Stands for the monitor of a pool without one, of which a person supposes what its checks would find. */
const SUPPOSED_MONITOR = 'supposed';

/** Returns a pool as if it had a monitor, where something is supposed of it as a whole. */
export function supposedPool(pool: Pool, whatIf: WhatIf): Pool {
  return whatIf.has(pool) && !isMonitored(pool) ? { ...pool, monitor: SUPPOSED_MONITOR } : pool;
}

/** Returns the health of an endpoint under the suppositions. */
export function supposed(
  health: EndpointHealth,
  pool: Pool,
  endpoint: string,
  whatIf: WhatIf,
): EndpointHealth {
  const healthy = whatIf.healthy(pool, endpoint);
  if (healthy === undefined) return health;
  const { wellAddresses, ...others } = health;
  // A host name that is assumed to be healthy gets all its addresses when none is healthy.
  return { ...others, ...(wellAddresses?.length ? { wellAddresses } : {}), healthy };
}
