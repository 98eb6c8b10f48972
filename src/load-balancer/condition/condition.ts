/** Conditions of rules: what a rule of a load balancer asks about a query, in a form that can be decided. */
export type Condition =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'all' | 'any' | 'odd'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | QueryTest;

/** A test of one field. */
export type QueryTest =
  | { readonly kind: 'flag'; readonly field: FlagField }
  | { readonly kind: 'number'; readonly field: NumberField; readonly ranges: readonly NumberRange[] }
  | { readonly kind: 'address'; readonly field: AddressField; readonly ranges: readonly AddressRange[] }
  | { readonly kind: 'text'; readonly field: TextField; readonly test: TextTest };

/** Fields that are true or false. */
export type FlagField = 'dns.qry.qu' | 'dns.rr.opt.client';
/** Fields that are numbers. */
export type NumberField = 'dns.qry.type' | 'dns.qry.name.len';
/** Fields that are IP addresses. */
export type AddressField = 'ip.src' | 'dns.rr.opt.client.addr';
/** Fields that are texts. */
export type TextField = 'cf.load_balancer.name' | 'cf.load_balancer.region' | 'dns.qry.name';

/** Numbers from one to another, both included. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** Addresses of one family from one to another, both included; 4 or 16 octets. */
export interface AddressRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** Texts are octets, letters of names in lower case. */
export type TextTest =
  | { readonly kind: 'equals'; readonly anyOf: readonly Uint8Array[] }
  | { readonly kind: 'contains'; readonly part: Uint8Array }
  | { readonly kind: 'matches'; readonly automaton: Automaton };

/** A finite automaton over octets. It begins in state 0, and reads the whole text. */
export interface Automaton {
  /** The class of each of the 256 octets; octets of one class lead to the same states. */
  readonly classOf: Uint8Array;
  readonly classes: number;
  /** The state that follows: at `state * classes + class`. */
  readonly next: Uint16Array;
  /** 1 for each state in which a text may end. */
  readonly accepts: Uint8Array;
}

/** What is known of a query when its conditions are decided. */
export interface QueryFacts {
  /** The load balancer's name, without a final dot. */
  readonly loadBalancerName: string;
  /** The region code of the client's place; undefined: unknown. */
  readonly region: string | undefined;
  /** The address of EDNS Client Subnet where the query has one, otherwise that of the peer. */
  readonly source: Uint8Array;
  /** The question's name: each label in lower case, and a dot. */
  readonly queryName: Uint8Array;
  /** The question's type, by number. */
  readonly queryType: number;
  /** The address of EDNS Client Subnet; undefined: the query has none. */
  readonly clientSubnet: Uint8Array | undefined;
}

/** The condition that always holds, and the one that never does. */
export const ALWAYS: Condition = { kind: 'constant', value: true };
export const NEVER: Condition = { kind: 'constant', value: false };

/** The labels of a name in wire form, each with a dot behind it, as conditions see a name. Octets are not escaped. */
export function dottedName(wire: Uint8Array): Uint8Array {
  const dotted = wire.slice(1);
  for (let at = wire[0]!, octets = at; octets !== 0; at += octets + 1) {
    octets = dotted[at]!;
    dotted[at] = DOT;
  }
  return dotted.length === 0 ? Uint8Array.of(DOT) : dotted;
}

const DOT = 0x2e;

/** Below 0 where one address comes before another of its family, 0 where they are equal. */
export function compareOctets(one: Uint8Array, other: Uint8Array): number {
  const at = one.findIndex((octet, index) => octet !== other[index]);
  return at === -1 ? 0 : one[at]! - other[at]!;
}

/** Returns how many octets a condition searches in the question's name (`contains`), of all texts together. */
export function searchedOctets(condition: Condition): number {
  if (condition.kind === 'not') return searchedOctets(condition.of);
  if (condition.kind === 'all' || condition.kind === 'any' || condition.kind === 'odd')
    return condition.of.reduce((sum, each) => sum + searchedOctets(each), 0);
  const isSearch =
    condition.kind === 'text' && condition.field === 'dns.qry.name' && condition.test.kind === 'contains';
  return isSearch ? condition.test.part.length : 0;
}
