import { type ProgramContext, programImage } from '../../answer/compile/program-image.ts';
import { Type } from '../../dns/type.ts';
import { searchedOctets } from '../../load-balancer/condition/condition.ts';
import { prepareConditions } from '../../load-balancer/condition/prepare.ts';
import { patternsOf, readCondition } from '../../load-balancer/condition/read.ts';
import { NAMED_POOLS_MAX, PATTERNS_MAX, RULES_MAX, SEARCHED_OCTETS_MAX } from '../../load-balancer/limits.ts';
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { DecisionFault, decisionOf } from '../../load-balancer/steering/decision.ts';
import { planOf, settingsOf } from '../../load-balancer/steering/plan.ts';
import { popFault } from '../../place/pop.ts';
import { memberPointer, type Problem } from '../http/problem.ts';
import { shortName } from '../resource/name-words.ts';
import type { Fields } from '../resource/resource.ts';
import { isObjectId } from '../schema/object-id.ts';
import { countryFault, regionFault } from './codes.ts';
import { hostNameOf } from './host-name.ts';
import { poolSetProblems } from './pool-set-rules.ts';
import { isObject, membersIn, objectsIn, poolsMentioned, type SteeringPart, steeringParts } from './walk.ts';
import { type LoadBalancerPlace, silenceOf, zoneOf } from './zone-of.ts';

/** How long a session of each sort may last, seconds; all others as `cookie`. */
const AFFINITY_TTL = { cookie: [1_800, 604_800], header: [30, 3_600] } as const;

/**
 * Checks the rules of a load balancer that concern several fields, codes and names. Schemas check single fields; wrong ones are
 * ignored here. Whether its pools exist, and where they are, needs the store. `isPool`: whether a text may name a pool.
 */
export function loadBalancerProblems(
  body: Fields,
  place: LoadBalancerPlace,
  isPool: (text: string) => boolean = isObjectId,
): Problem[] {
  return [
    ...nameProblems(body.name, place),
    ...steeringParts(body).flatMap((part) => steeringProblems(part, isPool)),
    ...tooManyPools(body),
    ...conditionsProblems(body.rules),
    ...poolSetProblems(body.pool_sets),
  ];
}

function nameProblems(name: unknown, { zone, zones }: LoadBalancerPlace): Problem[] {
  if (typeof name !== 'string') return [];
  const refuse = (why: string): Problem[] => [
    { pointer: '/name', rule: '', sentence: `invalid hostname: ${shortName(name)} (${why})` },
  ];
  const hostName = hostNameOf(name);
  if (hostName === undefined) return refuse('write a full host name, which may begin with "*."');
  const own = zoneOf(zones, hostName);
  if (own === undefined)
    return refuse(zone === undefined ? 'it is in no zone of this server' : `it is not in zone ${zone.name}`);
  const silence = silenceOf(own, hostName);
  return silence === undefined ? [] : refuse(silence);
}

function steeringProblems(
  { fields, pointer, of }: SteeringPart,
  isPool: (text: string) => boolean,
): Problem[] {
  return [
    ...codeProblems(fields, pointer),
    ...weightProblems(fields.pool_weights, memberPointer(pointer, 'pool_weights'), isPool),
    ...randomSteeringProblems(fields, pointer, isPool),
    ...affinityProblems(fields, pointer),
    ...(of === 'rule' ? twoListsProblems(fields, pointer) : []),
  ];
}

const FAULTS = { region_pools: regionFault, country_pools: countryFault, pop_pools: popFault } as const;

function codeProblems(fields: Fields, pointer: string): Problem[] {
  return Object.entries(FAULTS).flatMap(([field, faultOf]) =>
    membersIn(fields[field], memberPointer(pointer, field)).flatMap(({ key, pointer: at }) => {
      const rule = faultOf(key);
      return rule === undefined ? [] : [{ pointer: at, rule }];
    }),
  );
}

function randomSteeringProblems(
  { random_steering: steering, ...fields }: Fields,
  pointer: string,
  isPool: (text: string) => boolean,
): Problem[] {
  if (!isObject(steering)) return [];
  const at = memberPointer(pointer, 'random_steering');
  const other = ['pool_weights', 'pool_default_weight'].find((field) => (fields[field] ?? null) !== null);
  return [
    ...weightProblems(steering.pool_weights, memberPointer(at, 'pool_weights'), isPool),
    ...(other === undefined ? [] : [{ pointer: at, rule: `must not be given together with ${other}` }]),
  ];
}

function weightProblems(weights: unknown, pointer: string, isPool: (text: string) => boolean): Problem[] {
  return membersIn(weights, pointer).flatMap(({ key, pointer: at }) =>
    isPool(key) ? [] : [{ pointer: at, rule: 'must be the identifier of a pool' }],
  );
}

function twoListsProblems(
  { pools = null, default_pools: others = null }: Fields,
  pointer: string,
): Problem[] {
  if (pools === null || others === null) return [];
  return [
    { pointer: memberPointer(pointer, 'pools'), rule: 'must not be given together with default_pools' },
  ];
}

function affinityProblems(fields: Fields, pointer: string): Problem[] {
  const found: Problem[] = [];
  const { session_affinity: affinity, session_affinity_ttl: ttl } = fields;
  const [min, max] = AFFINITY_TTL[affinity === 'header' ? 'header' : 'cookie'];
  // Zero is what clients write where there is no affinity.
  if (Number.isInteger(ttl) && ttl !== 0 && ((ttl as number) < min || (ttl as number) > max))
    found.push({
      pointer: memberPointer(pointer, 'session_affinity_ttl'),
      rule: `is not in the range [${min}, ${max}]`,
    });
  const { session_affinity_attributes: attributes } = fields;
  if (isObject(attributes) && attributes.samesite === 'None' && attributes.secure === 'Never')
    found.push({
      pointer: memberPointer(memberPointer(pointer, 'session_affinity_attributes'), 'secure'),
      rule: 'must not be Never where samesite is None',
    });
  return found;
}

function tooManyPools(body: Fields): Problem[] {
  const count = new Set(poolsMentioned(body).map(({ pool }) => pool)).size;
  if (count <= NAMED_POOLS_MAX) return [];
  const sentence = `the load balancer names ${count} different pools, and ${NAMED_POOLS_MAX} are allowed`;
  return [{ pointer: '', rule: '', sentence }];
}

/** Prepares the rules of a body in pieces, so that loadBalancerProblems() and outcomeProblems() do not hold up the thread. */
export async function prepareRules(body: Fields): Promise<void> {
  await prepareConditions(conditionsOf(body));
}

/** The patterns that prepareRules() makes automata of. */
export function patternsOfRules(body: Fields): readonly string[] {
  return conditionsOf(body).flatMap(patternsOf);
}

function conditionsOf({ rules }: Fields): string[] {
  return objectsIn(rules, '/rules')
    .slice(0, RULES_MAX)
    .flatMap(({ fields: { condition } }) => (typeof condition === 'string' ? [condition] : []));
}

/** Reads the conditions of as many rules as there may be: to read one takes time, and what is too long is refused anyway. */
function conditionsProblems(rules: unknown): Problem[] {
  let patterns = 0;
  let searched = 0;
  const problems = objectsIn(rules, '/rules')
    .slice(0, RULES_MAX)
    .flatMap(({ fields: { condition, disabled }, pointer }): Problem[] => {
      if (typeof condition !== 'string' || patterns > PATTERNS_MAX) return [];
      const reading = readCondition(condition);
      const { problem } = reading;
      // Those of a condition that is refused took their time, too.
      patterns += reading.patterns;
      if (problem === undefined) searched += searchedOctets(reading.condition);
      // A rule for HTTP may be kept for later, as long as it is disabled.
      if (problem === undefined || (problem.undecidable && disabled === true)) return [];
      const rule = `is wrong at character ${problem.position}: ${problem.message}`;
      return [{ pointer: memberPointer(pointer, 'condition'), rule }];
    });
  if (patterns > PATTERNS_MAX) problems.push(ofAll(`have more than ${PATTERNS_MAX} patterns ("matches")`));
  if (searched > SEARCHED_OCTETS_MAX)
    problems.push(
      ofAll(`search for ${searched} octets ("contains") altogether, and ${SEARCHED_OCTETS_MAX} are allowed`),
    );
  return problems;
}

function ofAll(what: string): Problem {
  return { pointer: '/rules', rule: '', sentence: `the rules ${what}` };
}

/** A node of which nothing is known, with pools of any number. */
const ANYWHERE: ProgramContext = { node: {}, ordinalOf: () => 0, byLatency: (pools) => pools, answers: {} };

/** Finds whether the rules and pool sets of a valid load balancer have more outcomes together than a node can lay out. */
export function outcomeProblems(loadBalancer: LoadBalancer): Problem[] {
  const plan = planOf(loadBalancer);
  try {
    // Only the conditions of rules look at the type.
    for (const type of plan.rules.length === 0 ? [Type.A] : [Type.A, Type.AAAA])
      programImage(decisionOf(plan, type, undefined), settingsOf(plan.steering), ANYWHERE);
    return [];
  } catch (error) {
    if (!(error instanceof DecisionFault)) throw error;
    const pointer = plan.rules.length > 0 ? '/rules' : '/pool_sets';
    return [{ pointer, rule: '', sentence: error.message }];
  }
}
