import type { EndpointHealth } from '../../pool/members.ts';
import { endpointKey } from '../../pool/override.ts';
import type { Problem } from '../http/problem.ts';
import { noEndpointAtNameWords } from '../pools/no-such.ts';

/** The assumed results of endpoints, by endpointKey of their names. */
export type WhatIf = ReadonlyMap<string, boolean>;

/** Maximum number of assumptions in one request. */
export const WHAT_IFS_MAX = 100;

/** Parses `name:healthy` and `name:unhealthy`, and reports all problems. `names` are the existing endpoints. */
export function whatIfOf(
  texts: readonly string[],
  names: readonly string[],
): { readonly whatIf: WhatIf; readonly problems: readonly Problem[] } {
  const known = new Set(names.map(endpointKey));
  const pointer = '/what_if';
  const problems: Problem[] = [];
  const whatIf = new Map<string, boolean>();
  if (texts.length > WHAT_IFS_MAX)
    problems.push({ pointer, rule: `is given more than ${WHAT_IFS_MAX} times` });
  for (const text of texts) {
    // A name may contain colons too.
    const [, name, state] = /^(.+):(healthy|unhealthy)$/.exec(text) ?? [];
    if (name === undefined)
      problems.push({ pointer, rule: 'must be an endpoint, a colon, and healthy or unhealthy' });
    else if (!known.has(endpointKey(name)))
      problems.push({ pointer, rule: '', sentence: noEndpointAtNameWords(names, name) });
    else whatIf.set(endpointKey(name), state === 'healthy');
  }
  return { whatIf, problems };
}

/** Returns the health of an endpoint under the assumptions. */
export function supposed(health: EndpointHealth, name: string, whatIf: WhatIf): EndpointHealth {
  const healthy = whatIf.get(endpointKey(name));
  if (healthy === undefined) return health;
  const { wellAddresses, ...others } = health;
  // A host name that is assumed to be healthy gets all its addresses when none is healthy.
  return { ...others, ...(wellAddresses?.length ? { wellAddresses } : {}), healthy };
}
