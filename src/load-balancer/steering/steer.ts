import { type Point, pointOf, squaredDistance } from '../../place/point.ts';
import type { QueryFacts } from '../condition/condition.ts';
import { holds } from '../condition/decide.ts';
import type { Steering } from '../load-balancer.ts';
import { clientHash, isInPercent, PEER_BITS } from './client-hash.ts';
import { MAPS, overridden, type Plan, type PlannedSet, type Settings, settingsOf } from './plan.ts';

/** Where a client is, as far as known. */
export interface ClientPlace {
  readonly region?: string;
  readonly country?: string;
  readonly coordinates?: { readonly latitude: number; readonly longitude: number };
}

/** Where the node is that answers. */
export interface NodePlace extends ClientPlace {
  /** The code of its site, as in maps by site. */
  readonly pop?: string;
}

/** A query, as steering sees it. */
export interface SteeredQuery extends Pick<QueryFacts, 'queryName' | 'queryType'> {
  /** The address that asks, 4 or 16 octets. */
  readonly peer: Uint8Array;
  /** EDNS Client Subnet; absent: the query has none. */
  readonly clientSubnet?: { readonly octets: Uint8Array; readonly bits: number };
}

/** What steering knows of a pool, for the family that is asked for. */
export interface PoolFacts {
  /** Whether it is enabled and not unhealthy, and has an address of the family. */
  readonly isUsable: boolean;
  /** Share of the queries to be moved away, in percent. */
  readonly shedPercent: number;
  /** Whether the client's address decides which ones are moved, instead of a draw. */
  readonly isShedByHash: boolean;
  readonly coordinates?: { readonly latitude: number; readonly longitude: number };
}

/** What steering asks for. */
export interface SteeringWorld {
  readonly node: NodePlace;
  /** Where every client is supposed to be, whatever locates it; absent: nothing is supposed. */
  readonly supposedPlace?: ClientPlace | undefined;
  /** The place of an address of which no more than so many bits are known. */
  placeOf(octets: Uint8Array, bits: number): ClientPlace;
  poolOf(id: string): PoolFacts;
  /** Pools in the order of their latency from a region, the quickest first; a pool without measurement stays in its place. */
  byLatency(pools: readonly string[], region: string | undefined): readonly string[];
}

/** What located the client. */
export type LocatedBy = 'client subnet' | 'peer' | 'node' | 'supposition';

/** Why a list of pools was taken. */
export type ListSource = (typeof MAPS)[number]['source'] | 'default';

/** How a load balancer steers a query. */
export interface Steered {
  readonly settings: Settings;
  readonly place: ClientPlace;
  readonly locatedBy: LocatedBy;
  /** The pool set that matched. */
  readonly set: PlannedSet | undefined;
  /** The rules that matched, as indexes of the rules as written. */
  readonly rules: readonly number[];
  /** The list that was taken, and its pools in the order of preference. */
  readonly source: ListSource;
  readonly pools: readonly string[];
  /** Each pool that may answer, with its probability, above 0. */
  readonly choices: ReadonlyMap<string, number>;
  /** No pool of the list is usable, so that the fallback pool answers whatever its health; false too where a pool set answers NODATA. */
  readonly isFallback: boolean;
}

/** Probability of the ways through pools that shed one after another that are not followed any more; the fallback pool gets them. */
const PROBABILITY_MIN = 1e-5;
/** Looks at pools on such ways, altogether; what is left then counts as the fallback pool's, too. */
const LOOKS_MAX = 100_000;

/**
 * Steers a query as the reference does (docs/LOAD-BALANCERS.md): pool sets, rules, policy, load shedding. Plainly: the readable
 * reference for the table, and what explanations go by.
 */
export function steer(plan: Plan, query: SteeredQuery, world: SteeringWorld): Steered {
  const first = settingsOf(plan.steering);
  const before = placeFor(first, query, world);
  const set = plan.sets.find((each) => isInSet(each, before.place, world.node));
  let steering: Steering = set === undefined ? plan.steering : overridden(plan.steering, set.overrides);
  const facts = factsOf(plan, query, before.place);
  const rules: number[] = [];
  for (const rule of plan.rules) {
    if (!holds(rule.condition, facts)) continue;
    rules.push(rule.index);
    steering = overridden(steering, rule.overrides);
    if (rule.terminates) break;
  }
  const settings = settingsOf(steering);
  const { place, locatedBy } = placeFor(settings, query, world);
  const { source, pools: list } = listFor(settings, place, world.node);
  const pools = ordered(settings, list, place, world);
  const usable = pools.filter((id) => world.poolOf(id).isUsable && weightOf(settings, id) > 0);
  const isEmpty = set?.isEmpty ?? false;
  const choices = isEmpty
    ? new Map<string, number>()
    : choicesOf(settings, usable, world, clientOf(settings, query));
  return {
    settings,
    place,
    locatedBy,
    set,
    rules,
    source,
    pools,
    choices,
    isFallback: usable.length === 0 && !isEmpty,
  };
}

function factsOf(plan: Plan, query: SteeredQuery, place: ClientPlace): QueryFacts {
  const { clientSubnet } = query;
  // A subnet of no bits has no address (RFC 7871 §7.1.2).
  const subnet = clientSubnet?.bits === 0 ? new Uint8Array() : clientSubnet?.octets;
  return {
    loadBalancerName: plan.loadBalancer.name,
    region: place.region,
    source: subnet === undefined || subnet.length === 0 ? query.peer : subnet,
    queryName: query.queryName,
    queryType: query.queryType,
    clientSubnet: subnet,
  };
}

/** Locates the client as the settings want it. */
function placeFor(
  { isLocatedByEcs, mode }: Settings,
  { peer, clientSubnet }: SteeredQuery,
  world: SteeringWorld,
): { place: ClientPlace; locatedBy: LocatedBy } {
  if (world.supposedPlace !== undefined) return { place: world.supposedPlace, locatedBy: 'supposition' };
  // A subnet of no bits is from nowhere in particular (RFC 7871 §7.1.2).
  if (isLocatedByEcs && clientSubnet !== undefined)
    return { place: world.placeOf(clientSubnet.octets, clientSubnet.bits), locatedBy: 'client subnet' };
  if (mode === 'resolver_ip') return { place: world.placeOf(peer, peer.length * 8), locatedBy: 'peer' };
  return { place: world.node, locatedBy: 'node' };
}

function isInSet({ topology }: PlannedSet, place: ClientPlace, node: NodePlace): boolean {
  if (topology === undefined) return true;
  const country = place.country ?? node.country;
  return (
    (node.pop !== undefined && topology.pops.includes(node.pop)) ||
    (country !== undefined && topology.countries.includes(country)) ||
    (place.region !== undefined && topology.regions.includes(place.region))
  );
}

/** The first list that the place of the client, or of the node, has: the maps' before the default one. */
function listFor(
  settings: Settings,
  { country, region }: ClientPlace,
  { pop }: NodePlace,
): { source: ListSource; pools: readonly string[] } {
  const codes = { pop, country, region };
  for (const { field, source } of settings.isMapped ? MAPS : []) {
    const code = codes[source];
    const pools = code !== undefined && Object.hasOwn(settings[field], code) ? settings[field][code]! : [];
    if (pools.length > 0) return { source, pools };
  }
  return { source: 'default', pools: settings.pools };
}

/** Pools in the order of preference. */
function ordered(
  { policy }: Settings,
  pools: readonly string[],
  place: ClientPlace,
  world: SteeringWorld,
): readonly string[] {
  if (policy === 'latency') return world.byLatency(pools, place.region);
  if (policy !== 'proximity' || place.coordinates === undefined) return pools;
  const here = pointOf(place.coordinates.latitude, place.coordinates.longitude);
  return pools
    .map((id) => ({ id, distance: distanceTo(here, world.poolOf(id)) }))
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ id }) => id);
}

/** A pool without coordinates, which the API refuses, is the farthest. */
function distanceTo(here: Point, { coordinates }: PoolFacts): number {
  if (coordinates === undefined) return Number.MAX_SAFE_INTEGER;
  return squaredDistance(here, pointOf(coordinates.latitude, coordinates.longitude));
}

/** The weight of a pool; 1 where the policy has none. A pool of weight 0 answers only as fallback. */
export function weightOf({ policy, weights, defaultWeight }: Settings, id: string): number {
  if (policy !== 'weighted') return 1;
  return Object.hasOwn(weights, id) ? weights[id]! : defaultWeight;
}

/** The hash of the client: of its subnet, unless that must not be used or has no bits, otherwise of the peer's network. */
export function clientOf(
  { preferEcs }: Pick<Settings, 'preferEcs'>,
  { clientSubnet, peer }: SteeredQuery,
): number {
  if (clientSubnet !== undefined && clientSubnet.bits > 0 && preferEcs !== 'never')
    return clientHash(clientSubnet.octets, 0, clientSubnet.bits);
  return clientHash(peer, 0, peer.length === 4 ? PEER_BITS.ipv4 : PEER_BITS.ipv6);
}

/** The key of a pool in hashes of clients: the first half of its id, which is random. */
export function poolKey(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) | 0;
}

/**
 * Distributes the queries over the usable pools, which are in the order of preference, and those that all of them shed to the
 * fallback pool. `client`: see clientOf().
 */
export function choicesOf(
  settings: Settings,
  usable: readonly string[],
  world: Pick<SteeringWorld, 'poolOf'>,
  client: number,
): Map<string, number> {
  const choices = new Map<string, number>();
  const add = (id: string, probability: number) =>
    probability > 0 && choices.set(id, (choices.get(id) ?? 0) + probability);
  let looks = 0;
  const share = (left: readonly string[], probability: number): void => {
    looks += left.length;
    if (left.length === 0 || looks > LOOKS_MAX) {
      add(settings.fallbackPool, probability);
      return;
    }
    const asked = settings.policy === 'weighted' ? left : left.slice(0, 1);
    const sum = asked.reduce((total, id) => total + weightOf(settings, id), 0);
    for (const id of asked) {
      const taken = (probability * weightOf(settings, id)) / sum;
      const shed = shedOf(id, world.poolOf(id), client);
      add(id, taken * (1 - shed));
      const rest = taken * shed;
      if (rest >= PROBABILITY_MIN)
        share(
          left.filter((other) => other !== id),
          rest,
        );
      else add(settings.fallbackPool, rest);
    }
  };
  share(usable, 1);
  return choices;
}

/** The probability with which a pool moves a client's query away. `client`: see clientOf(). */
export function shedOf(
  id: string,
  { shedPercent, isShedByHash }: Pick<PoolFacts, 'shedPercent' | 'isShedByHash'>,
  client: number,
): number {
  if (!isShedByHash) return shedPercent / 100;
  return isInPercent(client, poolKey(id), shedPercent) ? 1 : 0;
}
