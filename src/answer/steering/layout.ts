/**
 * How load balancers lie in shared memory. As in ../layout.ts, everything is counted in 32-bit words, and offsets inside a choice or
 * a program are its own.
 *
 * Choice, at word `c`: a pool as load balancers see it. There is one of each pool, however many use it.
 * ```
 *  c+0  words of all of it
 *  c+1  ChoiceFlag bits
 *  c+2  key of the pool in hashes of clients
 *  c+3  share of the queries that it moves away, in percent
 *  c+4  TTL of its answers in seconds: the longest that its members allow
 *  c+5  where it is: x, y, z (ChoiceFlag.HAS_POINT)
 *  c+8  offsets of its answers from c: A, AAAA; the same for a pool that answers whatever its health; and for one that answers
 *       with its last healthy members; 0: none
 *  c+14 the answers (../layout.ts), whose owner is the question
 * ```
 *
 * Program, at word `p`: how a load balancer decides for one type.
 * ```
 *  p+0  ProgramFlag bits: what locates the client in tests
 *  p+1  first instruction
 *  p+2  region number and country of the node, for tests where nothing else locates the client
 *  p+4  instructions, lists and maps
 * ```
 * Instruction, at word `i` from p:
 * ```
 *  i+0  Op
 *  i+1  the instruction that follows where the test holds, and i+2 where it does not, from p
 *  i+3  arguments (Op)
 * ```
 * A list is the number of its pools, then for each the ordinal of its choice and its weight.
 */
export const ChoiceField = {
  WORDS: 0,
  FLAGS: 1,
  KEY: 2,
  SHED_PERCENT: 3,
  TTL: 4,
  POINT: 5,
  ANSWERS: 8,
} as const;
/** Words of a choice before its answers. */
export const CHOICE_WORDS = 14;

/**
 * Words of an ordinal that say where its choice is. They take turns: the one that counts is read while the writer prepares the
 * other, so that any number of choices change at once.
 */
export const CHOICE_TURNS = 2;

/** Returns the word of an ordinal that counts in a turn. */
export function choiceWord(ordinal: number, turn: number): number {
  return CHOICE_TURNS * ordinal + turn;
}

/** Bits of ChoiceField.FLAGS. Those of IPv6 come after those of IPv4, so that USABLE << family and HASHES << family are one. */
export const ChoiceFlag = {
  USABLE: 1,
  USABLE_IPV6: 2,
  /** A hash of the client decides whether it moves the query away, or which member it answers with. */
  HASHES: 4,
  HASHES_IPV6: 8,
  SHED_BY_HASH: 16,
  HAS_POINT: 32,
} as const;

/** Families, as numbers of answers of a choice. */
export const Family = { IPV4: 0, IPV6: 1 } as const;
/** Added to a family: the answers of a pool that answers whatever its health, and of one that answers with its last healthy members. */
export const WHATEVER_HEALTH = 2;
export const LAST_HEALTHY = 4;

/** Words of a program before its instructions. */
export const PROGRAM_WORDS = 4;
/** Where its fields are. */
export const ProgramField = { FLAGS: 0, FIRST: 1, NODE_REGION: 2, NODE_COUNTRY: 3 } as const;
/** What locates the client: EDNS Client Subnet where a query has it, and else the peer; without both it is where the node is. */
export const ProgramFlag = { BY_SUBNET: 1, BY_PEER: 2 } as const;

/** What an instruction does. */
export const Op = {
  /** Decides: see LeafField. */
  LEAF: 0,
  /** NODATA. */
  NOTHING: 1,
  /** The client's region: bits of region numbers. */
  REGION: 2,
  /** The client's country: how many codes, then those in order; behind them 1 where an unknown country passes. */
  COUNTRY: 3,
  /** The query has EDNS Client Subnet. */
  HAS_SUBNET: 4,
  /** The address of the subnet, or else of the peer: boundaries. IPv4: 1 where the first address of all passes, how many, and the addresses before and after each; IPv6: the same, with four words for an address. */
  SOURCE: 5,
  /** The address of the subnet: boundaries. */
  SUBNET: 6,
  /** Octets of the question's name with dots: how many ranges, then the first and last number of each. */
  NAME_OCTETS: 7,
  /** The name is one of some texts: how many, then octets of each and the text in words. */
  NAME_IS: 8,
  /** The name has a text in it: octets, then the text in words. */
  NAME_HAS: 9,
  /** An automaton accepts the name: classes and states, then, as NAME_HAS has them, octets: the class of each octet, which states accept, and the next state for each state and class. */
  NAME_MATCHES: 10,
} as const;
/** Words of an instruction before its arguments. */
export const INSTRUCTION_WORDS = 3;
/** Where an instruction's fields are. */
export const InstructionField = { OP: 0, PASS: 1, FAIL: 2 } as const;

/** Where the fields of a leaf are, from its instruction. Offsets are from the program; 0: there is none. */
export const LeafField = {
  /** One of LeafPolicy. */
  POLICY: 1,
  /** ProgramFlag bits, and HASHES_SUBNET. */
  FLAGS: 2,
  /** TTL of answers in seconds. */
  TTL: 3,
  /** The ordinal of the fallback pool's choice. */
  FALLBACK: 4,
  /** The list where the node locates the client. */
  NODE_LIST: 5,
  /** The list where nothing else is found. */
  DEFAULT_LIST: 6,
  /** Countries: how many, then code and list of each, in order of the codes. */
  COUNTRIES: 7,
  /** Regions: the list for each region number. */
  REGIONS: 8,
  /** Where the node is: x, y, z; all 0: unknown. */
  NODE_POINT: 9,
  /** What the fallback pool answers with: 0 (healthy members alone), WHATEVER_HEALTH or LAST_HEALTHY. */
  FALLBACK_ANSWERS: 12,
  /** Addresses of a family that an answer has at the most; 0: as many as the choice says. */
  ADDRESSES_MAX: 13,
} as const;
/** Words of a leaf. */
export const LEAF_WORDS = 14;
/** A bit of LeafField.FLAGS beside those of ProgramFlag: hashes of clients are of their subnet, where a query has it. */
export const HASHES_SUBNET = 4;

/** How a list is used. */
export const LeafPolicy = { ORDERED: 0, WEIGHTED: 1, NEAREST: 2 } as const;

/** Words of a list's entry: ordinal and weight. */
export const ENTRY_WORDS = 2;
/** Pools of a list, at the most. */
export const LIST_MAX = 1_000;
/** Weights are counted in parts of so many. */
export const WEIGHT_UNITS = 1_000;

/** Numbers of regions in bits and maps: 0 is the unknown one, others are one more than their place among the codes. */
export const REGION_NUMBERS = 14;

/** The answer of a choice for a family, or for one whatever its health; 0: none. */
export function choiceAnswer(words: Int32Array, choice: number, family: number): number {
  const offset = words[choice + ChoiceField.ANSWERS + family]!;
  return offset === 0 ? 0 : choice + offset;
}
