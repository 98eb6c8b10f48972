import * as fromClientHash from '../../load-balancer/steering/client-hash.ts';
import type { Exchange } from '../exchange.ts';
import type { Message } from '../message.ts';
import * as fromMessage from '../message.ts';
import type { Query } from '../query.ts';
import type { TableReader } from '../reader.ts';
import * as fromReader from '../reader.ts';
import type { Client } from './client.ts';
import * as fromClient from './client.ts';
import * as fromLayout from './layout.ts';
import * as fromTests from './tests.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { isInPercent } = fromClientHash;
const { draw } = fromMessage;
const { seeChoice } = fromReader;
const { countryOf, hashOf, learnClient, learnPoint, newClient, noteBits, regionOf } = fromClient;
const {
  ChoiceField,
  ChoiceFlag,
  choiceAnswer,
  ENTRY_WORDS,
  HASHES_SUBNET,
  InstructionField,
  LeafField,
  LeafPolicy,
  LIST_MAX,
  Op,
  ProgramField,
  ProgramFlag,
} = fromLayout;
const { passesName, passesRanges } = fromTests;

/** What a load balancer came to for a query. One is made for each responder and filled again, since a query must not allocate. */
export interface Steering {
  /** The word of the answer; 0: there is none. */
  answer: number;
  /** Seconds that it lasts. */
  ttlSeconds: number;
  /** Addresses that it has at the most; 0: as many as it says itself. */
  addressesMax: number;
  /** Whether the hash of the client may be that of its subnet. */
  hashesSubnet: boolean;
  /** The number of the choices that the decision goes by (reader.ts). */
  number: number;
  readonly client: Client;
  /** Pools of the list that moved the query away, by their place in it. */
  readonly passed: Uint8Array;
  /** Weights of the pools of the list that may be drawn; 0: it may not. */
  readonly weights: Int32Array;
}

/** Of a pool of unknown place, which is the farthest. */
const UNKNOWN_DISTANCE = Number.MAX_SAFE_INTEGER;

/** To be filled. */
export function newSteering(): Steering {
  return {
    answer: 0,
    ttlSeconds: 0,
    addressesMax: 0,
    hashesSubnet: false,
    number: 0,
    client: newClient(),
    passed: new Uint8Array(LIST_MAX),
    weights: new Int32Array(LIST_MAX),
  };
}

/** Times that a decision is made again at the most, where pools changed meanwhile: a decision takes less time than a change of pools. */
const TRIES_MAX = 64;

/**
 * Steers a query by the program of a load balancer. `asked` has the name, which after an alias is not the query's. The decision reads
 * all pools as they were at one generation: the writer changes them all by one word, and where that word changed meanwhile, the
 * decision is made again.
 */
export function steerQuery(
  steering: Steering,
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  asked: Query,
  program: number,
  family: number,
): void {
  const { generation } = table;
  learnClient(steering.client, exchange, query);
  // It may be an old one: then the decision is made again.
  let number = generation[1]!;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    steering.number = number;
    run(steering, message, table, asked, program, family);
    const now = Atomics.load(generation, 1);
    if (now === number) return;
    number = now;
  }
}

function run(
  steering: Steering,
  message: Message,
  table: TableReader,
  query: Query,
  program: number,
  family: number,
): void {
  const { words } = table;
  for (let at = program + words[program + ProgramField.FIRST]!; ; ) {
    const op = words[at + InstructionField.OP]!;
    if (op === Op.LEAF) {
      choose(steering, message, table, program, at, family);
      return;
    }
    if (op === Op.NOTHING) {
      steering.answer = 0;
      return;
    }
    const passes = passesTest(steering, table, query, program, at, op);
    at = program + words[at + (passes ? InstructionField.PASS : InstructionField.FAIL)]!;
  }
}

function passesTest(
  { client }: Steering,
  table: TableReader,
  query: Query,
  program: number,
  at: number,
  op: number,
): boolean {
  const { words } = table;
  const argument = at + InstructionField.FAIL + 1;
  switch (op) {
    case Op.REGION: {
      const located = locatedBy(client, words[program + ProgramField.FLAGS]!);
      const region =
        located === 0 ? words[program + ProgramField.NODE_REGION]! : regionOf(client, table, located);
      return ((words[argument]! >>> region) & 1) === 1;
    }
    case Op.COUNTRY: {
      const located = locatedBy(client, words[program + ProgramField.FLAGS]!);
      const country =
        located === 0 ? words[program + ProgramField.NODE_COUNTRY]! : countryOf(client, table, located);
      const count = words[argument]!;
      if (country === 0) return words[argument + 1 + count] === 1;
      for (let i = 1; i <= count; i += 1) if (words[argument + i] === country) return true;
      return false;
    }
    case Op.HAS_SUBNET:
      return client.hasSubnet;
    case Op.SOURCE:
    case Op.SUBNET:
      return passesRanges(client, words, argument, client.subnetOctets > 0 || op === Op.SUBNET);
    default:
      return passesName(table, query, op, argument);
  }
}

/** What locates the client, of ProgramFlag bits; 0: the node. */
function locatedBy(client: Client, flags: number): number {
  if ((flags & ProgramFlag.BY_SUBNET) !== 0 && client.hasSubnet) return ProgramFlag.BY_SUBNET;
  return flags & ProgramFlag.BY_PEER;
}

/** Chooses a pool of the list for the client's place. */
function choose(
  steering: Steering,
  message: Message,
  table: TableReader,
  program: number,
  leaf: number,
  family: number,
): void {
  const { client, passed, number } = steering;
  const { words } = table;
  const flags = words[leaf + LeafField.FLAGS]!;
  steering.hashesSubnet = (flags & HASHES_SUBNET) !== 0;
  const located = locatedBy(client, flags);
  const policy = words[leaf + LeafField.POLICY]!;
  const list =
    program +
    (located === 0
      ? words[leaf + LeafField.NODE_LIST]!
      : policy === LeafPolicy.NEAREST
        ? words[leaf + LeafField.DEFAULT_LIST]!
        : listFor(client, table, program, leaf, located));
  if (policy === LeafPolicy.NEAREST) learnPoint(client, table, located, leaf + LeafField.NODE_POINT);
  if (client.hasSubnet && steering.hashesSubnet) noteHash(client, table, number, list, policy, family);
  const count = words[list]!;
  let isPassed = false;
  let chosen = -1;
  for (;;) {
    chosen =
      policy === LeafPolicy.ORDERED
        ? firstUsable(table, number, list, passed, family)
        : policy === LeafPolicy.WEIGHTED
          ? drawUsable(steering, message, table, list, family)
          : nearestUsable(client, table, number, list, passed, family);
    if (chosen < 0) break;
    const choice = seeChoice(table, words[list + 1 + ENTRY_WORDS * chosen]!, number);
    if (words[choice + ChoiceField.SHED_PERCENT] === 0 || !isShed(steering, message, words, choice)) break;
    passed[chosen] = 1;
    isPassed = true;
  }
  if (isPassed) passed.fill(0, 0, count);
  const ordinal = chosen < 0 ? words[leaf + LeafField.FALLBACK]! : words[list + 1 + ENTRY_WORDS * chosen]!;
  const choice = seeChoice(table, ordinal, number);
  steering.answer =
    choice === 0
      ? 0
      : choiceAnswer(words, choice, chosen < 0 ? family + words[leaf + LeafField.FALLBACK_ANSWERS]! : family);
  steering.addressesMax = words[leaf + LeafField.ADDRESSES_MAX]!;
  steering.ttlSeconds =
    choice === 0 ? 0 : Math.min(words[leaf + LeafField.TTL]!, words[choice + ChoiceField.TTL]!);
}

/**
 * Notes that the hash of the subnet may decide, where a pool that may be chosen sheds by it, or chooses its members by it: an answer that was drawn without it
 * must not be kept for all clients.
 */
function noteHash(
  client: Client,
  table: TableReader,
  number: number,
  list: number,
  policy: number,
  family: number,
): void {
  const { words } = table;
  const end = list + 1 + ENTRY_WORDS * words[list]!;
  for (let entry = list + 1; entry < end; entry += ENTRY_WORDS) {
    const choice = seeUsable(table, number, words[entry]!, family);
    if (choice === 0) continue;
    if ((words[choice + ChoiceField.FLAGS]! & (ChoiceFlag.HASHES << family)) !== 0) {
      noteBits(client, client.subnetBits);
      return;
    }
    // Nobody comes past it.
    if (policy === LeafPolicy.ORDERED && words[choice + ChoiceField.SHED_PERCENT] === 0) return;
  }
}

/** The list of the client's country, or else of its region. */
function listFor(client: Client, table: TableReader, program: number, leaf: number, located: number): number {
  const { words } = table;
  const countries = words[leaf + LeafField.COUNTRIES]!;
  if (countries !== 0) {
    const country = countryOf(client, table, located);
    const found = country === 0 ? 0 : lookUp(words, program + countries, country);
    if (found !== 0) return found;
  }
  const regions = words[leaf + LeafField.REGIONS]!;
  if (regions === 0) return words[leaf + LeafField.DEFAULT_LIST]!;
  return words[program + regions + regionOf(client, table, located)]!;
}

/** The value of a key in a map: the number of its pairs, and the pairs in order of their keys; 0: none. */
function lookUp(words: Int32Array, map: number, key: number): number {
  let low = 0;
  let high = words[map]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = map + 1 + 2 * middle;
    if (words[at] === key) return words[at + 1]!;
    if (words[at]! < key) low = middle + 1;
    else high = middle;
  }
  return 0;
}

/** The choice of an ordinal, where it may be chosen for a family; 0: it may not. */
function seeUsable(table: TableReader, number: number, ordinal: number, family: number): number {
  const choice = seeChoice(table, ordinal, number);
  if (choice === 0) return 0;
  return (table.words[choice + ChoiceField.FLAGS]! & (ChoiceFlag.USABLE << family)) === 0 ? 0 : choice;
}

function firstUsable(
  table: TableReader,
  number: number,
  list: number,
  passed: Uint8Array,
  family: number,
): number {
  const { words } = table;
  const count = words[list]!;
  for (let i = 0; i < count; i += 1)
    if (passed[i] === 0 && seeUsable(table, number, words[list + 1 + ENTRY_WORDS * i]!, family) !== 0)
      return i;
  return -1;
}

function drawUsable(
  { passed, weights, number }: Steering,
  message: Message,
  table: TableReader,
  list: number,
  family: number,
): number {
  const { words } = table;
  const count = words[list]!;
  let sum = 0;
  for (let i = 0, entry = list + 1; i < count; i += 1, entry += ENTRY_WORDS) {
    const isOut = passed[i] === 1 || seeUsable(table, number, words[entry]!, family) === 0;
    const weight = isOut ? 0 : words[entry + 1]!;
    weights[i] = weight;
    sum += weight;
  }
  if (sum === 0) return -1;
  let left = draw(message, sum) - weights[0]!;
  let drawn = 0;
  while (left >= 0) {
    drawn += 1;
    left -= weights[drawn]!;
  }
  return drawn;
}

function nearestUsable(
  client: Client,
  table: TableReader,
  number: number,
  list: number,
  passed: Uint8Array,
  family: number,
): number {
  if (!client.hasPoint) return firstUsable(table, number, list, passed, family);
  const { words } = table;
  const { x, y, z } = client;
  const count = words[list]!;
  let nearest = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0, entry = list + 1; i < count; i += 1, entry += ENTRY_WORDS) {
    if (passed[i] === 1) continue;
    const choice = seeUsable(table, number, words[entry]!, family);
    if (choice === 0) continue;
    // The square of the distance: exact, and not to be returned by a call, which would have to allocate it.
    let distance = UNKNOWN_DISTANCE;
    if ((words[choice + ChoiceField.FLAGS]! & ChoiceFlag.HAS_POINT) !== 0) {
      const east = words[choice + ChoiceField.POINT]! - x;
      const north = words[choice + ChoiceField.POINT + 1]! - y;
      const up = words[choice + ChoiceField.POINT + 2]! - z;
      distance = east * east + north * north + up * up;
    }
    if (distance >= least) continue;
    nearest = i;
    least = distance;
  }
  return nearest;
}

/** Whether a pool moves this query away. */
function isShed(steering: Steering, message: Message, words: Int32Array, choice: number): boolean {
  const percent = words[choice + ChoiceField.SHED_PERCENT]!;
  if ((words[choice + ChoiceField.FLAGS]! & ChoiceFlag.SHED_BY_HASH) === 0)
    return draw(message, 100) < percent;
  const hash = hashOf(steering.client, steering.hashesSubnet);
  return isInPercent(hash, words[choice + ChoiceField.KEY]!, percent);
}
