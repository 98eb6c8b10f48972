import { POOL_SETS_MAX, TOPOLOGY_CODES_MAX } from '../../load-balancer/limits.ts';
import { popFault } from '../../place/pop.ts';
import { memberPointer, type Problem } from '../http/problem.ts';
import type { Fields } from '../resource/resource.ts';
import { countryFault, regionFault } from './codes.ts';
import { isObject, itemsIn, objectsIn } from './walk.ts';

/** Checks the rules of pool sets. Messages begin with the words of the reference. */
export function poolSetProblems(sets: unknown): Problem[] {
  const over = Array.isArray(sets) && sets.length > POOL_SETS_MAX;
  const tooLarge: Problem[] = over
    ? [
        named(
          'POOL_SETS_TOO_LARGE',
          memberPointer('/pool_sets', POOL_SETS_MAX),
          `there are ${sets.length} pool sets, and ${POOL_SETS_MAX} are allowed`,
        ),
      ]
    : [];
  const checked = over ? sets.slice(0, POOL_SETS_MAX) : sets;
  return [
    ...tooLarge,
    ...objectsIn(checked, '/pool_sets').flatMap(({ fields, pointer }) => [
      ...matchProblems(fields.match, memberPointer(pointer, 'match')),
      ...intentProblems(fields, pointer),
    ]),
  ];
}

function matchProblems(match: unknown, pointer: string): Problem[] {
  if (!isObject(match)) return [];
  const { default: isDefault, topology = null } = match;
  if (topology === null)
    return isDefault === true
      ? []
      : [named('POOL_SET_EMPTY_MATCH', pointer, 'match has no topology: write "default": true')];
  const both: Problem[] =
    isDefault === true
      ? [named('POOL_SET_DEFAULT_WITH_MATCH', pointer, 'match has both default and a topology')]
      : [];
  return [...both, ...topologyProblems(topology, memberPointer(pointer, 'topology'))];
}

const FAULTS = { pops: popFault, countries: countryFault, regions: regionFault } as const;

function topologyProblems(topology: unknown, pointer: string): Problem[] {
  if (!isObject(topology)) return [];
  const lists = Object.keys(FAULTS).map((field) => topology[field]);
  if (lists.every((list) => (list ?? null) === null || (Array.isArray(list) && list.length === 0)))
    return [named('POOL_SET_EMPTY_TOPOLOGY', pointer, 'the topology has no pops, countries or regions')];
  return Object.entries(FAULTS).flatMap(([field, faultOf]) => {
    const codes = itemsIn(topology[field], memberPointer(pointer, field));
    const tooLarge =
      codes.length > TOPOLOGY_CODES_MAX
        ? [
            named(
              'POOL_SET_TOPOLOGY_TOO_LARGE',
              codes[TOPOLOGY_CODES_MAX]!.pointer,
              `${field} has ${codes.length} codes, and ${TOPOLOGY_CODES_MAX} are allowed`,
            ),
          ]
        : [];
    const wrong = codes.slice(0, TOPOLOGY_CODES_MAX).flatMap(({ item, pointer: at }) => {
      const rule = typeof item === 'string' ? faultOf(item) : undefined;
      return rule === undefined ? [] : [{ pointer: at, rule }];
    });
    return [...tooLarge, ...wrong];
  });
}

function intentProblems(set: Fields, pointer: string): Problem[] {
  const { pools, steering_policy: policy } = isObject(set.overrides) ? set.overrides : {};
  const at = memberPointer(pointer, 'overrides');
  const hasPools = Array.isArray(pools) && pools.length > 0;
  const hasResponse = isObject(set.fixed_response);
  const found: Problem[] = [];
  if (!hasPools && !hasResponse)
    found.push(named('POOL_SET_NO_INTENT', at, 'a pool set needs overrides.pools or fixed_response'));
  if (hasPools && hasResponse)
    found.push({
      pointer: memberPointer(pointer, 'fixed_response'),
      rule: 'must not be given together with overrides.pools',
    });
  if (policy === 'geo')
    found.push({
      pointer: memberPointer(at, 'steering_policy'),
      rule: 'must not be geo: a pool set has one list of pools',
    });
  return found;
}

function named(code: string, pointer: string, what: string): Problem {
  return { pointer, rule: '', sentence: `${code}: ${what}` };
}
