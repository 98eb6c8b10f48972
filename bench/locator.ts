/**
 * What a look-up in the locator costs, its size and how long it takes to load, beside other layouts of the same tree: `npm run bench:locator`.
 * README.md tells what is measured and how to read it.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { readDatabase } from '../src/place/database.ts';
import { HEADER_WORDS, locateIpv4, locateIpv6, numberIn, ROOT, Tree } from '../src/place/locate.ts';
import { createLocator } from '../src/place/locator.ts';
import { LocatorError } from '../src/place/locator-error.ts';
import { createPlaceTable, type PlaceTable } from '../src/place/place-table.ts';
import { createPrefixTree, type PrefixTree, relabelled } from '../src/place/prefix-tree.ts';
import { createWords, STRIDES, type StrideRule, writeStrides } from '../src/place/strides.ts';
import { EMBEDDED_DATABASE } from '../src/serve/place/load.ts';
import { rangesOf } from './locator/ranges.ts';
import { cityDatabase, drawing } from './locator/synthetic.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { median } from './quantile.ts';
import { writeSection } from './results.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const CITY_NODES = options.quick ? 600_000 : 6_000_000;
const ADDRESSES = 1 << 19;
const ROUNDS = options.quick ? 3 : 5;
/** Leaves that addresses come from. */
const SAMPLE = 1 << 16;
/** Networks whose clients ask, where addresses are clustered, and addresses in each. */
const CLUSTERS = 2_000;
const CLUSTER_BITS = 8;

type Lookup = (first: number, second: number, third: number, fourth: number) => number;

/** A layout of the same tree, as one reads it. */
interface Layout {
  readonly name: string;
  readonly octets: number;
  readonly ipv4: Lookup;
  readonly ipv6: Lookup;
}

const RULES: Readonly<Record<string, StrideRule>> = {
  'binary trie': { fillMin: 1, root: 1, max: 1 },
  'strides of 8 bits': { fillMin: 0, root: 8, max: 8 },
  'level-compressed, filled by half': { ...STRIDES, fillMin: 0.5 },
  'level-compressed, filled by a quarter': { ...STRIDES, fillMin: 0.25 },
};
/** A layout that needs more is left out. */
const LAYOUT_WORDS_MAX = 2 ** 27;

/** The tree as a locator has it, with strides by a rule; undefined: it is too large. */
function stridesOf(
  name: string,
  tree: Parameters<typeof writeStrides>[0],
  roots: readonly number[],
  rule: StrideRule,
): Layout | undefined {
  const words = createWords(LAYOUT_WORDS_MAX);
  words.add(HEADER_WORDS);
  try {
    for (const [i, root] of writeStrides(tree, roots, words, rule).entries()) words.set(ROOT + i, root);
  } catch (error) {
    if (error instanceof LocatorError) return undefined;
    throw error;
  }
  const memory = new Int32Array(words.freeze());
  return {
    name,
    octets: memory.byteLength,
    ipv4: (first) => numberIn(locateIpv4(memory, Tree.AREAS, first)),
    ipv6: (a, b, c, d) => numberIn(locateIpv6(memory, Tree.AREAS, a, b, c, d)),
  };
}

function layoutsOf(tree: PrefixTree, roots: readonly [number, number], table: PlaceTable): Layout[] {
  const strides = Object.entries(RULES).map(([name, rule]) => stridesOf(name, tree, roots, rule));
  const areas = relabelled(tree, table.areaOf);
  const ofAreas = stridesOf('the same by half, areas only', areas, roots.map(areas.branch), STRIDES);
  const [ipv4, ipv6] = [rangesOf(tree, roots[0], 4), rangesOf(tree, roots[1], 16)];
  const ranges = {
    name: 'sorted ranges',
    octets: ipv4.octets + ipv6.octets,
    ipv4: ipv4.find,
    ipv6: ipv6.find,
  };
  return [...strides, ofAreas, ranges].filter((each) => each !== undefined);
}

/** Addresses to ask for: four words each. */
interface Addresses {
  readonly name: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly words: Int32Array;
}

/** Addresses of all leaves of a sample, and of CLUSTERS networks, some of which ask more often. */
function addressesOf(family: Addresses['family'], leaves: Int32Array): Addresses[] {
  const draw = drawing(7);
  const word = () => (draw() * 2 ** 32) | 0;
  const random = () => {
    const at = 4 * Math.floor(draw() * (leaves.length / 4));
    return [leaves[at]!, leaves[at + 1]!, word(), word()];
  };
  const clusters = Array.from({ length: CLUSTERS }, random);
  const clustered = () => {
    const [first = 0, second = 0, ...rest] = clusters[Math.floor(CLUSTERS * draw() ** 2)]!;
    const host = word() >>> (32 - CLUSTER_BITS);
    return family === 'ipv4' ? [first ^ host, 0, 0, 0] : [first, second ^ host, ...rest];
  };
  return [
    { name: 'random', family, words: flat(random) },
    { name: 'clustered', family, words: flat(clustered) },
  ];
}

function flat(one: () => readonly number[]): Int32Array {
  const words = new Int32Array(4 * ADDRESSES);
  for (let i = 0; i < ADDRESSES; i += 1) words.set(one(), 4 * i);
  return words;
}

/** Addresses in a sample of leaves, four words each: mostly in the dense parts, where most prefixes are. */
function sampleOf(tree: PrefixTree, root: number, family: Addresses['family']): Int32Array {
  const draw = drawing(3);
  const found: number[] = [];
  const bitsMax = family === 'ipv4' ? 32 : 64;
  while (found.length < 4 * SAMPLE) {
    let branch = root;
    const at = [0, 0, 0, 0];
    for (let depth = 0; depth < bitsMax; depth += 1) {
      // Where only one half is split further, that one.
      const [zero, one] = branch >= 0 ? [tree.zero(branch), tree.one(branch)] : [branch, branch];
      const isOne = zero < 0 && one >= 0 ? true : zero >= 0 && one < 0 ? false : draw() < 0.5;
      if (isOne) at[depth >> 5]! |= 1 << (31 - (depth & 31));
      branch = isOne ? one : zero;
    }
    found.push(...at);
  }
  return Int32Array.from(found);
}

/** Nanoseconds of a look-up: the median of rounds in which the layouts take turns, less what the loop takes by itself. */
function timed(layouts: readonly Layout[], { family, words }: Addresses): number[] {
  const nothing: Lookup = (first) => first;
  const lookups = [nothing, ...layouts.map((layout) => layout[family])];
  const times = lookups.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const [i, lookup] of lookups.entries()) {
      const from = process.threadCpuUsage();
      loop(lookup, words);
      const { user, system } = process.threadCpuUsage(from);
      // The first round compiles.
      if (round > 0) times[i]!.push(((user + system) * 1_000) / ADDRESSES);
    }
  const [alone = 0, ...rest] = times.map(median);
  return rest.map((each) => Math.max(0, each - alone));
}

/** What look-ups found, so that none is left out. */
let sum = 0;
function loop(lookup: Lookup, words: Int32Array): void {
  for (let i = 0; i < words.length; i += 4)
    sum ^= lookup(words[i]!, words[i + 1]!, words[i + 2]!, words[i + 3]!);
}

const mib = (octets: number) => `${(octets / 2 ** 20).toFixed(1)} MiB`;

function measured(name: string, octets: Buffer): string {
  const from = process.threadCpuUsage();
  const locator = createLocator({ databases: [{ name, octets }], networks: [] });
  const { user, system } = process.threadCpuUsage(from);
  const tree = createPrefixTree();
  const table = createPlaceTable();
  const { ipv4, ipv6 } = readDatabase(octets, tree, table.numberOf);
  const layouts = layoutsOf(tree, [ipv4, ipv6], table);
  const asked = (['ipv4', 'ipv6'] as const).flatMap((family) =>
    addressesOf(family, sampleOf(tree, family === 'ipv4' ? ipv4 : ipv6, family)),
  );
  const columns = asked.map((each) => timed(layouts, each));
  const rows = layouts.map((layout, i) => [
    layout.name,
    mib(layout.octets),
    ...columns.map((column) => column[i]!.toFixed(0)),
  ]);
  const titles = asked.map((each) => `${each.family === 'ipv4' ? 'IPv4' : 'IPv6'} ${each.name}, ns`);
  return [
    `### ${name}`,
    `${tree.size.toLocaleString('en')} nodes in a file of ${mib(octets.length)}; ${locator.places.toLocaleString('en')} places in ${locator.areas.length} areas. Loaded in ${((user + system) / 1_000).toFixed(0)} ms of processor time; the locator has ${mib(locator.memory.byteLength)}.`,
    markdownTable(['layout', 'size', ...titles], rows),
  ].join('\n\n');
}

const machine = describeMachine();
const body = [
  `${machine}; median of ${ROUNDS} rounds.`,
  measured('The embedded database', readFileSync(EMBEDDED_DATABASE)),
  measured('A database of cities', cityDatabase(CITY_NODES)),
].join('\n\n');
process.stdout.write(`${body}\n`);
if (!Number.isInteger(sum)) throw new Error('a look-up found no number');
if (!options.quick) writeSection('Locator', body);
