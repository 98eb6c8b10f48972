import type { Choice } from '../../answer/compile/choice-image.ts';
import { type PoolStatus, poolStatus } from '../../health/status.ts';
import { dottedName } from '../../load-balancer/condition/condition.ts';
import { LOAD_BALANCER_DEFAULTS, type LoadBalancer } from '../../load-balancer/load-balancer.ts';
import type { Policy } from '../../load-balancer/steering/plan.ts';
import {
  type ClientPlace,
  clientOf,
  type LocatedBy,
  type PoolFacts,
  type Steered,
  type SteeredQuery,
  shedOf,
  steer,
  weightOf,
} from '../../load-balancer/steering/steer.ts';
import { groundDistanceKm, pointOf } from '../../place/point.ts';
import { parseAddress } from '../../pool/address.ts';
import type { Member } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import type { AllDown } from '../../pool/steering/all-down.ts';
import type { Family } from '../../pool/why.ts';
import type { Question } from './question.ts';
import type { ExplainedWorld, SteeredPath } from './source.ts';
import { poolAnswer } from './view.ts';
import { supposed, supposedPool, type WhatIf } from './what-if.ts';

/** Why a load balancer may choose a pool, or not. */
export const POOL_REASONS = [
  'healthy',
  'unmonitored',
  'unhealthy',
  'unknown',
  'maintenance',
  'disabled',
  'no_address',
  'weight_zero',
  'no_such_pool',
] as const;
/** One of POOL_REASONS. */
export type PoolReason = (typeof POOL_REASONS)[number];

/** The policies as the API names them, by what they come to in DNS. */
export const POLICIES_SHOWN = ['off', 'geo', 'random', 'proximity', 'dynamic_latency'] as const;

/** The policy of each kind, where no map comes before the list. */
const POLICY_NAMES: Readonly<Record<Policy, (typeof POLICIES_SHOWN)[number]>> = {
  ordered: 'off',
  weighted: 'random',
  proximity: 'proximity',
  latency: 'dynamic_latency',
};

const LOCATED_BY = {
  'client subnet': 'client_subnet',
  peer: 'peer',
  node: 'node',
  supposition: 'supposition',
} as const satisfies Record<LocatedBy, string>;

/** What a load balancer is asked, and the health that is supposed. */
export interface SteeredQuestion {
  readonly question: Question;
  readonly family: Family;
  readonly whatIf: WhatIf;
}

/** Steers a question, and tells what it was steered by. What is found about a pool is found once, for all places. */
export function steererOf(
  { plan, owner, world }: SteeredPath,
  { question, family, whatIf }: SteeredQuestion,
) {
  const { client: peer, subnet, type } = question;
  const statusOf = whatIf.isGiven ? supposedStatusOf(world, whatIf) : world.statusOf;
  const choices = new Map<string, Choice>();
  const poolOf = (pool: string) => {
    const found = world.pool(pool);
    return found && supposedPool(found, whatIf);
  };
  const choiceOf = (pool: string) =>
    choices.getOrInsertComputed(pool, () => world.choiceOf(pool, poolOf(pool), statusOf));
  const query: SteeredQuery = {
    queryName: dottedName(owner),
    queryType: type,
    peer,
    ...(subnet && { clientSubnet: subnet }),
  };
  const facts = new Map<string, PoolFacts>();
  const factsOf = (pool: string): PoolFacts => {
    const choice = choiceOf(pool);
    return { ...choice, isUsable: choice.isUsable && hasFamily(choice.members, family) };
  };
  return {
    statusOf,
    poolOf,
    choiceOf,
    query,
    /** Steers for a client at a place; undefined: where it is located. */
    steered: (supposedPlace: ClientPlace | undefined): Steered =>
      steer(plan, query, {
        node: world.node,
        supposedPlace,
        byLatency: world.byLatency,
        placeOf: world.placeOf,
        poolOf: (pool) => facts.getOrInsertComputed(pool, factsOf),
      }),
  };
}

/** Explains which pools of a load balancer answer a question, and why. */
export function loadBalancerExplained(path: SteeredPath, asked: SteeredQuestion) {
  const { plan, world } = path;
  const { family, whatIf } = asked;
  const { id, name, zoneName, poolSets, rules } = plan.loadBalancer;
  const { statusOf, poolOf, choiceOf, query, steered: steeredAt } = steererOf(path, asked);
  const steered = steeredAt(whatIf.place);
  const { settings, place, locatedBy, set, source, isFallback } = steered;
  const { fallbackPool } = settings;
  const isNodata = set?.isEmpty ?? false;
  const listed = new Set(steered.pools);
  const client = clientOf(settings, query);
  const fallback = asFallback(choiceOf(fallbackPool), plan.loadBalancer);
  return {
    id,
    name,
    zone: zoneName,
    policy: settings.isMapped ? ('geo' as const) : POLICY_NAMES[settings.policy],
    ttl: settings.ttlSeconds,
    client: placeView(place, LOCATED_BY[locatedBy]),
    pool_set: set ? { index: set.index, name: poolSets?.[set.index]?.name ?? null } : null,
    rules: steered.rules.map((index) => ({ index, name: rules?.[index]?.name ?? null })),
    list: source,
    list_code: listCodeOf(steered, world),
    fallback: isFallback,
    all_down: isFallback ? fallback.allDown : null,
    nodata: isNodata,
    pools: [...steered.pools, ...(listed.has(fallbackPool) || !fallbackPool ? [] : [fallbackPool])].map(
      (each) => {
        const pool = poolOf(each);
        const status = pool && statusOf(pool);
        const isListed = listed.has(each);
        const choice = choiceOf(each);
        const share = steered.choices.get(each) ?? 0;
        const members = each === fallbackPool ? fallback.members : choice.members;
        return {
          pool_id: each,
          pool_name: pool?.name ?? null,
          in_list: isListed,
          is_fallback: each === fallbackPool,
          ...usability(choice, status, { weight: isListed ? weightOf(settings, each) : 1, family }),
          answered_endpoints: status?.answered ?? 0,
          minimum_origins: status?.minimum ?? 0,
          weight: settings.policy === 'weighted' && isListed ? weightOf(settings, each) : null,
          rtt_ms: settings.policy === 'latency' ? rttMs(world, each, place) : null,
          distance_km: settings.policy === 'proximity' ? distanceKm(place, choice) : null,
          shed_percent: choice.shedPercent,
          shed_by:
            choice.shedPercent === 0 ? null : choice.isShedByHash ? ('hash' as const) : ('draw' as const),
          sheds: shedOf(each, choice, client),
          share: rounded(share),
          ...poolAnswer(share > 0 ? members : [], family, choice.endpointSteering),
        };
      },
    ),
  };
}

/** The members with which a fallback pool answers, and what they are instead of healthy ones. */
function asFallback(
  { members, fallbackMembers, lastHealthyMembers }: Choice,
  { allDown }: LoadBalancer,
): { readonly members: readonly Member[]; readonly allDown: AllDown | null } {
  if (members.length > 0) return { members, allDown: null };
  const wanted = allDown ?? LOAD_BALANCER_DEFAULTS.allDown;
  if (wanted === 'nodata' || fallbackMembers.length === 0) return { members: [], allDown: 'nodata' };
  if (wanted === 'last_healthy' && lastHealthyMembers !== undefined)
    return { members: lastHealthyMembers, allDown: wanted };
  return { members: fallbackMembers, allDown: 'all' };
}

/** The explanation of a load balancer. */
export type LoadBalancerExplained = ReturnType<typeof loadBalancerExplained>;

/** Returns what the likeliest of the pools answers; undefined: no pool may answer. */
export function likeliestAnswer({
  pools,
}: LoadBalancerExplained): LoadBalancerExplained['pools'][number] | undefined {
  const [first] = pools.filter(({ share }) => share > 0).toSorted((a, b) => b.share - a.share);
  return first;
}

function supposedStatusOf(world: ExplainedWorld, whatIf: WhatIf): (pool: Pool) => PoolStatus {
  return (pool) => {
    const { endpoints } = world.statusOf(world.pool(pool.id)!);
    return poolStatus(pool, ({ name }, index) => supposed(endpoints[index]!.health, pool, name, whatIf));
  };
}

/** Says whether a pool may be chosen; `status`: undefined where it does not exist. */
function usability(
  choice: Choice,
  status: PoolStatus | undefined,
  { weight, family }: { readonly weight: number; readonly family: Family },
): { readonly usable: boolean; readonly why: PoolReason } {
  if (status === undefined) return { usable: false, why: 'no_such_pool' };
  const { standing: why } = status;
  if (!choice.isUsable) return { usable: false, why };
  if (!hasFamily(choice.members, family)) return { usable: false, why: 'no_address' };
  if (weight === 0) return { usable: false, why: 'weight_zero' };
  return { usable: true, why };
}

function hasFamily(members: readonly Member[], family: Family): boolean {
  return members.some(({ address }) => parseAddress(address).kind === family);
}

function placeView({ region, country, coordinates }: ClientPlace, by: (typeof LOCATED_BY)[LocatedBy]) {
  return {
    located_by: by,
    region: region ?? null,
    country: country ?? null,
    latitude: coordinates?.latitude ?? null,
    longitude: coordinates?.longitude ?? null,
  };
}

/** The code for which the list was taken; null: the default one was. */
function listCodeOf({ source, place }: Steered, { node }: Pick<ExplainedWorld, 'node'>): string | null {
  switch (source) {
    case 'pop':
      return node.pop ?? null;
    case 'country':
      return place.country ?? null;
    case 'region':
      return place.region ?? null;
    case 'default':
      return null;
  }
}

/** The average time of checks of a pool from the client's region, milliseconds; null: none is measured. */
function rttMs(world: ExplainedWorld, pool: string, { region }: ClientPlace): number | null {
  const found = world
    .rttsOf(pool)
    .entries()
    .find(([code]) => code === region);
  return found === undefined ? null : Math.round(found[1] * 10) / 10;
}

/** Kilometres from a client to a pool; null: the place of one of them is unknown. */
function distanceKm({ coordinates: from }: ClientPlace, { coordinates: to }: Choice): number | null {
  if (from === undefined || to === undefined) return null;
  const [here, there] = [from, to].map(({ latitude, longitude }) => pointOf(latitude, longitude));
  return Math.round(groundDistanceKm(here!, there!));
}

/** Rounds a probability to what is shown. */
function rounded(probability: number): number {
  return Math.round(probability * 1e6) / 1e6;
}
