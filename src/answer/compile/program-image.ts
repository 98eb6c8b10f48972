import { boundariesOf } from '../../load-balancer/condition/boundaries.ts';
import type { AddressRange, Automaton, TextTest } from '../../load-balancer/condition/condition.ts';
import { type AnswerExtensions, LOAD_BALANCER_DEFAULTS } from '../../load-balancer/load-balancer.ts';
import type { Decision, Test } from '../../load-balancer/steering/decision.ts';
import { DecisionFault } from '../../load-balancer/steering/decision.ts';
import type { Settings } from '../../load-balancer/steering/plan.ts';
import type { NodePlace, SteeringWorld } from '../../load-balancer/steering/steer.ts';
import { pointOf } from '../../place/point.ts';
import { countryNumber, REGION_CODES, regionNumber } from '../../place/regions.ts';
import type { AllDown } from '../../pool/steering/all-down.ts';
import { wordsFor } from '../layout.ts';
import {
  HASHES_SUBNET,
  InstructionField,
  LAST_HEALTHY,
  LEAF_WORDS,
  LeafField,
  LeafPolicy,
  LIST_MAX,
  Op,
  PROGRAM_WORDS,
  ProgramField,
  ProgramFlag,
  WEIGHT_UNITS,
  WHATEVER_HEALTH,
} from '../steering/layout.ts';

/** Words of a program: 1 MiB. Those of most take less than a hundred. */
export const PROGRAM_WORDS_MAX = 2 ** 18;

/** What a program is made for. */
export interface ProgramContext {
  readonly node: NodePlace;
  /** The number of a pool's choice. */
  readonly ordinalOf: (poolId: string) => number;
  readonly byLatency: SteeringWorld['byLatency'];
  /** How the load balancer makes its answers. */
  readonly answers: AnswerExtensions;
}

/** Lays out what a load balancer does (../steering/layout.ts); `base` are its own settings, which locate the client in tests. Throws DecisionFault over PROGRAM_WORDS_MAX. */
export function programImage(decision: Decision, base: Settings, context: ProgramContext): Int32Array {
  const words: number[] = [];
  const placed = new Map<Decision, number>();
  const lists = new Map<string, number>();

  function add(...more: readonly number[]): number {
    const at = words.length;
    for (const word of more) words.push(word);
    if (words.length > PROGRAM_WORDS_MAX) throw new DecisionFault();
    return at;
  }

  /** Tests that have their place, and whose words do not yet lead on. */
  const open: { readonly at: number; readonly pass: Decision; readonly fail: Decision }[] = [];

  /** Places a decision and all that follow. A function that calls itself for each would have no more stack in a few thousand. */
  function place(first: Decision): number {
    const at = placeOne(first);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      words[next.at + InstructionField.PASS] = placeOne(next.pass);
      words[next.at + InstructionField.FAIL] = placeOne(next.fail);
    }
    return at;
  }

  function placeOne(part: Decision): number {
    const known = placed.get(part);
    if (known !== undefined) return known;
    const at =
      part.kind === 'settings'
        ? placeSettings(part.settings)
        : part.kind === 'nothing'
          ? add(Op.NOTHING)
          : placeTest(part);
    placed.set(part, at);
    return at;
  }

  function placeTest({ test, pass, fail }: Decision & { kind: 'test' }): number {
    const [op, ...more] = testWords(test);
    const at = add(op!, 0, 0, ...more);
    open.push({ at, pass, fail });
    return at;
  }

  /** Lists by their pools, and where they have weights, by those and the weight of all others. */
  const ofPools = new Map<readonly string[], number>();
  const ofWeights = new Map<readonly string[], Map<Settings['weights'], Map<number, number>>>();

  /** Rules share most of their lists, which are long. */
  function list(pools: readonly string[], settings: Settings): number {
    const { policy, weights, defaultWeight } = settings;
    const place = () => newList(pools, settings);
    if (policy !== 'weighted') return ofPools.getOrInsertComputed(pools, place);
    const byWeights = ofWeights.getOrInsertComputed(pools, () => new Map());
    return byWeights.getOrInsertComputed(weights, () => new Map()).getOrInsertComputed(defaultWeight, place);
  }

  function newList(pools: readonly string[], settings: Settings): number {
    if (pools.length > LIST_MAX) throw new RangeError(`a list of ${pools.length} pools; ${LIST_MAX} at most`);
    const entries = pools.flatMap((id) => [context.ordinalOf(id), weightUnits(settings, id)]);
    const key = entries.join();
    return lists.getOrInsertComputed(key, () => add(entries.length / 2, ...entries));
  }

  function placeSettings(settings: Settings): number {
    const { policy, pools, isMapped } = settings;
    const ordered = (region: string | undefined) =>
      list(policy === 'latency' ? context.byLatency(pools, region) : pools, settings);
    const byDefault = ordered(undefined);
    const at = add(...Array.from({ length: LEAF_WORDS }, () => 0));
    const { node } = context;
    const ofPop = isMapped && node.pop !== undefined ? listOf(settings.popPools, node.pop) : undefined;
    const fixed = ofPop === undefined ? undefined : list(ofPop, settings);
    const regions =
      fixed === undefined && policy === 'latency'
        ? regionWords(byDefault, ordered)
        : fixed === undefined && isMapped && hasLists(settings.regionPools)
          ? regionWords(byDefault, (code) => {
              const found = listOf(settings.regionPools, code);
              return found === undefined ? byDefault : list(found, settings);
            })
          : undefined;
    const countries =
      fixed === undefined && isMapped
        ? Object.keys(settings.countryPools)
            .toSorted()
            .flatMap((code) => {
              const found = listOf(settings.countryPools, code);
              return found === undefined ? [] : [countryNumber(code), list(found, settings)];
            })
        : [];
    const isLocated = regions !== undefined || countries.length > 0 || policy === 'proximity';
    words[at] = Op.LEAF;
    words[at + LeafField.POLICY] =
      policy === 'weighted'
        ? LeafPolicy.WEIGHTED
        : policy === 'proximity'
          ? LeafPolicy.NEAREST
          : LeafPolicy.ORDERED;
    words[at + LeafField.FLAGS] =
      (isLocated ? locating(settings) : 0) | (settings.preferEcs === 'never' ? 0 : HASHES_SUBNET);
    words[at + LeafField.TTL] = settings.ttlSeconds;
    words[at + LeafField.FALLBACK] = context.ordinalOf(settings.fallbackPool);
    words[at + LeafField.FALLBACK_ANSWERS] =
      FALLBACK_ANSWERS[context.answers.allDown ?? LOAD_BALANCER_DEFAULTS.allDown];
    words[at + LeafField.ADDRESSES_MAX] = context.answers.answerAddressesMax ?? 0;
    words[at + LeafField.DEFAULT_LIST] = fixed ?? byDefault;
    if (regions !== undefined) words[at + LeafField.REGIONS] = add(...regions);
    if (countries.length > 0) words[at + LeafField.COUNTRIES] = add(countries.length / 2, ...countries);
    words[at + LeafField.NODE_LIST] = fixed ?? nodeList(node, regions, countries, byDefault);
    if (policy === 'proximity' && node.coordinates !== undefined) {
      const { x, y, z } = pointOf(node.coordinates.latitude, node.coordinates.longitude);
      words[at + LeafField.NODE_POINT] = x;
      words[at + LeafField.NODE_POINT + 1] = y;
      words[at + LeafField.NODE_POINT + 2] = z;
    }
    return at;
  }

  add(...Array.from({ length: PROGRAM_WORDS }, () => 0));
  const { region, country } = context.node;
  words[ProgramField.FLAGS] = locating(base);
  words[ProgramField.NODE_REGION] = regionNumber(region);
  words[ProgramField.NODE_COUNTRY] = countryNumber(country);
  words[ProgramField.FIRST] = place(decision);
  return Int32Array.from(words);
}

/** Which answers of the fallback pool are used. */
const FALLBACK_ANSWERS = {
  nodata: 0,
  all: WHATEVER_HEALTH,
  last_healthy: LAST_HEALTHY,
} as const satisfies Record<AllDown, number>;

function listOf(map: Settings['regionPools'], code: string): readonly string[] | undefined {
  const found = Object.hasOwn(map, code) ? map[code] : undefined;
  return found === undefined || found.length === 0 ? undefined : found;
}

function hasLists(map: Settings['regionPools']): boolean {
  return Object.values(map).some((pools) => pools.length > 0);
}

/** The list of each region number; the default one where the region is unknown. */
function regionWords(byDefault: number, listOfRegion: (code: string) => number): number[] {
  return [byDefault, ...REGION_CODES.map(listOfRegion)];
}

function nodeList(
  { country, region }: NodePlace,
  regions: readonly number[] | undefined,
  countries: readonly number[],
  byDefault: number,
): number {
  const number = countryNumber(country);
  for (let i = 0; i < countries.length; i += 2) if (countries[i] === number) return countries[i + 1]!;
  return regions?.[regionNumber(region)] ?? byDefault;
}

function weightUnits({ policy, weights, defaultWeight }: Settings, id: string): number {
  if (policy !== 'weighted') return 1;
  const weight = Object.hasOwn(weights, id) ? weights[id]! : defaultWeight;
  // A weight that is not 0 has a share, however small.
  return weight === 0 ? 0 : Math.max(1, Math.round(weight * WEIGHT_UNITS));
}

function locating({ isLocatedByEcs, mode }: Settings): number {
  return (isLocatedByEcs ? ProgramFlag.BY_SUBNET : 0) | (mode === 'resolver_ip' ? ProgramFlag.BY_PEER : 0);
}

/** The words of a test: its operation, and its arguments. */
function testWords(test: Test): number[] {
  switch (test.kind) {
    case 'region':
      return [Op.REGION, test.codes.reduce((bits, code) => bits | (1 << regionNumber(code)), 0)];
    case 'country':
      return [Op.COUNTRY, test.codes.length, ...test.codes.map(countryNumber), test.isUnknownIn ? 1 : 0];
    case 'flag':
      return [Op.HAS_SUBNET];
    case 'address':
      return [test.field === 'ip.src' ? Op.SOURCE : Op.SUBNET, ...boundaryWords(test.ranges)];
    case 'number':
      return [Op.NAME_OCTETS, test.ranges.length, ...test.ranges.flatMap(({ from, to }) => [from, to])];
    case 'text':
      return textWords(test.test);
  }
}

/** For IPv4, then for IPv6: whether the first address is inside, how many boundaries, and the addresses before and after each. */
function boundaryWords(ranges: readonly AddressRange[]): number[] {
  return ([4, 16] as const).flatMap((octets) => {
    const { startsInside, pairs } = boundariesOf(ranges, octets);
    return [startsInside ? 1 : 0, pairs.length, ...pairs.flat().flatMap(addressWords)];
  });
}

function addressWords(octets: Uint8Array): number[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return Array.from({ length: octets.length / 4 }, (_, i) => view.getInt32(4 * i));
}

function textWords(test: TextTest): number[] {
  if (test.kind === 'matches') return [Op.NAME_MATCHES, ...automatonWords(test.automaton)];
  if (test.kind === 'contains') return [Op.NAME_HAS, ...octetWords(test.part)];
  return [Op.NAME_IS, test.anyOf.length, ...test.anyOf.flatMap(octetWords)];
}

/** Octets with their number before them, padded to whole words. */
function octetWords(octets: Uint8Array): number[] {
  const padded = new Uint8Array(4 * wordsFor(octets.length));
  padded.set(octets);
  return [octets.length, ...new Int32Array(padded.buffer)];
}

function automatonWords({ classOf, classes, next, accepts }: Automaton): number[] {
  const octets = Uint8Array.from([...classOf, ...accepts, ...next]);
  return [classes, accepts.length, ...octetWords(octets)];
}
