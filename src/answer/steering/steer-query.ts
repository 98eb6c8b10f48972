import * as fromClientHash from '../../load-balancer/steering/client-hash.ts';
import type { Exchange } from '../exchange.ts';
import * as fromTableLayout from '../layout.ts';
import type { Message } from '../message.ts';
import * as fromMessage from '../message.ts';
import type { Query } from '../query.ts';
import type { TableReader } from '../reader.ts';
import type { Client } from './client.ts';
import * as fromClient from './client.ts';
import * as fromLayout from './layout.ts';
import * as fromTests from './tests.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { isInPercent } = fromClientHash;
const { AnswerField, Selection } = fromTableLayout;
const { draw } = fromMessage;
const { countryOf, hashOf, learnClient, learnPoint, measureDistance, newClient, noteBits, regionOf } =
  fromClient;
const {
  ChoiceField,
  ChoiceFlag,
  choiceAnswer,
  choiceWord,
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
  /** Which word of each choice counts (layout.ts). */
  turn: number;
  readonly client: Client;
  /** Pools of the list that moved the query away, by their place in it. */
  readonly passed: Uint8Array;
}

/** To be filled. */
export function newSteering(): Steering {
  return {
    answer: 0,
    ttlSeconds: 0,
    addressesMax: 0,
    hashesSubnet: false,
    turn: 0,
    client: newClient(),
    passed: new Uint8Array(LIST_MAX),
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
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const before = Atomics.load(generation, 1);
    steering.turn = before & 1;
    run(steering, message, table, asked, program, family);
    if (Atomics.load(generation, 1) === before) return;
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
  const { client, passed, turn } = steering;
  const { words, choices } = table;
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
  if (client.hasSubnet && steering.hashesSubnet) noteHash(client, table, turn, list, policy, family);
  const count = words[list]!;
  let isPassed = false;
  let chosen = -1;
  for (;;) {
    chosen =
      policy === LeafPolicy.ORDERED
        ? firstUsable(table, turn, list, passed, family)
        : policy === LeafPolicy.WEIGHTED
          ? drawUsable(message, table, turn, list, passed, family)
          : nearestUsable(client, table, turn, list, passed, family);
    if (chosen < 0) break;
    const choice = choices[choiceWord(words[list + 1 + ENTRY_WORDS * chosen]!, turn)]!;
    if (words[choice + ChoiceField.SHED_PERCENT] === 0 || !isShed(steering, message, words, choice)) break;
    passed[chosen] = 1;
    isPassed = true;
  }
  if (isPassed) passed.fill(0, 0, count);
  const ordinal = chosen < 0 ? words[leaf + LeafField.FALLBACK]! : words[list + 1 + ENTRY_WORDS * chosen]!;
  const choice = Atomics.load(choices, choiceWord(ordinal, turn));
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
  turn: number,
  list: number,
  policy: number,
  family: number,
): void {
  const { words, choices } = table;
  const end = list + 1 + ENTRY_WORDS * words[list]!;
  for (let entry = list + 1; entry < end; entry += ENTRY_WORDS) {
    if (!isUsable(table, turn, entry, family)) continue;
    const choice = choices[choiceWord(words[entry]!, turn)]!;
    const isShedding = words[choice + ChoiceField.SHED_PERCENT] !== 0;
    const isShedByHash = isShedding && (words[choice + ChoiceField.FLAGS]! & ChoiceFlag.SHED_BY_HASH) !== 0;
    const answer = choiceAnswer(words, choice, family);
    if (isShedByHash || words[answer + AnswerField.SELECTION] === Selection.HASH) {
      noteBits(client, client.subnetBits);
      return;
    }
    // Nobody comes past it.
    if (!isShedding && policy === LeafPolicy.ORDERED) return;
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

/** Whether the pool at a place of a list may be chosen for a family. */
function isUsable(table: TableReader, turn: number, entry: number, family: number): boolean {
  const { words, choices } = table;
  const choice = Atomics.load(choices, choiceWord(words[entry]!, turn));
  return choice !== 0 && (words[choice + ChoiceField.FLAGS]! & (ChoiceFlag.USABLE << family)) !== 0;
}

function firstUsable(
  table: TableReader,
  turn: number,
  list: number,
  passed: Uint8Array,
  family: number,
): number {
  const count = table.words[list]!;
  for (let i = 0; i < count; i += 1)
    if (passed[i] === 0 && isUsable(table, turn, list + 1 + ENTRY_WORDS * i, family)) return i;
  return -1;
}

function drawUsable(
  message: Message,
  table: TableReader,
  turn: number,
  list: number,
  passed: Uint8Array,
  family: number,
): number {
  const { words } = table;
  const count = words[list]!;
  let sum = 0;
  for (let i = 0; i < count; i += 1)
    if (passed[i] === 0 && isUsable(table, turn, list + 1 + ENTRY_WORDS * i, family))
      sum += words[list + 2 + ENTRY_WORDS * i]!;
  if (sum === 0) return -1;
  let drawn = draw(message, sum);
  let last = -1;
  for (let i = 0; i < count; i += 1) {
    if (passed[i] === 1 || !isUsable(table, turn, list + 1 + ENTRY_WORDS * i, family)) continue;
    const weight = words[list + 2 + ENTRY_WORDS * i]!;
    if (weight === 0) continue;
    last = i;
    if (drawn < weight) break;
    drawn -= weight;
  }
  return last;
}

function nearestUsable(
  client: Client,
  table: TableReader,
  turn: number,
  list: number,
  passed: Uint8Array,
  family: number,
): number {
  if (!client.hasPoint) return firstUsable(table, turn, list, passed, family);
  const { words, choices } = table;
  const count = words[list]!;
  let nearest = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i += 1) {
    const entry = list + 1 + ENTRY_WORDS * i;
    if (passed[i] === 1 || !isUsable(table, turn, entry, family)) continue;
    measureDistance(client, words, choices[choiceWord(words[entry]!, turn)]!);
    const distance = client.distance[0]!;
    if (nearest >= 0 && distance >= least) continue;
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
