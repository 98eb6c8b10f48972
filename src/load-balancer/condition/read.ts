import { ipv4Octets, ipv6Octets } from '../../dns/address-octets.ts';
import { REGION_CODES, type RegionCode } from '../../place/regions.ts';
import { PATTERNS_MAX } from '../limits.ts';
import {
  type AddressField,
  type AddressRange,
  ALWAYS,
  type Condition,
  compareOctets,
  type FlagField,
  type NumberField,
  type NumberRange,
  type TextField,
  type TextTest,
} from './condition.ts';
import { FIELDS, isField, needsHttp } from './fields.ts';
import {
  type Operator,
  parseWritten,
  SyntaxFault,
  type Written,
  type WrittenOperand,
  type WrittenValue,
} from './grammar.ts';
import { createKept } from './kept.ts';
import { automatonOctets, automatonOf, PatternFault } from './matches.ts';

/** Characters of a condition. */
export const CONDITION_CHARACTERS_MAX = 4_096;
/** Characters of a pattern. */
export const PATTERN_CHARACTERS_MAX = 256;
/** Largest number in a condition; a field of a query has none above 65,535. */
const NUMBER_MAX = 2 ** 31 - 1;
/**
 * Octets of the readings that are kept. To read 4,096 characters takes some milliseconds, and a condition is read when it is prepared,
 * checked, planned and written: all of one load balancer have room, so that none is read twice in one piece.
 */
export const KEPT_READINGS_OCTETS_MAX = 16 * 1_048_576;
/** Octets of a reading for each character of its condition, about; many short ranges take the most. */
const OCTETS_PER_CHARACTER = 24;
/** Octets of a reading beside them. */
const READING_OCTETS = 512;

/** What is wrong with a condition. */
export interface ConditionProblem {
  /** The character at which it begins, from 1. */
  readonly position: number;
  /** What is wrong, as a sentence that follows the position. */
  readonly message: string;
  /** The condition is well written, but a DNS query does not decide it. */
  readonly undecidable: boolean;
}

/** A condition, or what is wrong with it. */
export type ConditionReading =
  | {
      readonly condition: Condition;
      /** How many patterns it has. */
      readonly patterns: number;
      readonly problem?: undefined;
    }
  /** The patterns are those before the problem, of which automata were made. */
  | { readonly problem: ConditionProblem; readonly patterns: number };

/**
 * Reads the condition of a rule, which is true for every query where it is empty. Bounds: CONDITION_CHARACTERS_MAX,
 * NESTING_MAX; a pattern has PATTERN_CHARACTERS_MAX. The first problem is returned. The readings of late are kept.
 */
export function readCondition(text: string): ConditionReading {
  const reading = kept.take(text) ?? readAnew(text);
  if (text.length <= CONDITION_CHARACTERS_MAX) kept.keep(text, reading);
  return reading;
}

const kept = createKept<ConditionReading>(
  KEPT_READINGS_OCTETS_MAX,
  (text, reading) =>
    READING_OCTETS +
    OCTETS_PER_CHARACTER * text.length +
    (reading.problem === undefined ? automataOctets(reading.condition) : 0),
);

function automataOctets(condition: Condition): number {
  if (condition.kind === 'text')
    return condition.test.kind === 'matches' ? automatonOctets(condition.test.automaton) : 0;
  if (!('of' in condition)) return 0;
  return [condition.of].flat().reduce((sum, each) => sum + automataOctets(each), 0);
}

function readAnew(text: string): ConditionReading {
  if (text.trim() === '') return { condition: ALWAYS, patterns: 0 };
  let written: Written | undefined;
  try {
    if (text.length > CONDITION_CHARACTERS_MAX)
      throw new SyntaxFault(
        CONDITION_CHARACTERS_MAX,
        `the condition has ${text.length} characters; ${CONDITION_CHARACTERS_MAX} at most`,
      );
    written = parseWritten(text);
    const patterns = patternsIn(written);
    if (patterns > PATTERNS_MAX)
      throw new SyntaxFault(0, `the condition has ${patterns} patterns; ${PATTERNS_MAX} at most`);
    return { condition: conditionOf(written), patterns };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    const undecidable = error instanceof UndecidableFault;
    const patterns = written === undefined ? 0 : patternsIn(written, error.at);
    return { problem: { position: error.at + 1, message: error.message, undecidable }, patterns };
  }
}

/** Returns the patterns of which readCondition() makes automata; none where a condition does not follow the grammar or has too many. */
export function patternsOf(text: string): readonly string[] {
  if (text.trim() === '' || text.length > CONDITION_CHARACTERS_MAX) return [];
  try {
    const written = parseWritten(text);
    return patternsIn(written) > PATTERNS_MAX ? [] : patternTexts(written);
  } catch (error) {
    if (error instanceof SyntaxFault) return [];
    throw error;
  }
}

function patternTexts(written: Written): string[] {
  if (written.kind !== 'test') return [written.of].flat().flatMap(patternTexts);
  if (written.operator !== 'matches') return [];
  return written.values.flatMap(({ text }) => (text.length > PATTERN_CHARACTERS_MAX ? [] : [text]));
}

/** How many patterns a condition has before a character. To make the automaton of one takes time, so they are counted first. */
function patternsIn(written: Written, before = Infinity): number {
  if (written.kind === 'test') return written.operator === 'matches' && written.operand.at < before ? 1 : 0;
  return [written.of].flat().reduce((sum, each) => sum + patternsIn(each, before), 0);
}

/** A field or a function that exists elsewhere, and not in a DNS query. */
class UndecidableFault extends SyntaxFault {}

function conditionOf(written: Written): Condition {
  if (written.kind === 'test') return testOf(written);
  if (written.kind === 'not') return { kind: 'not', of: conditionOf(written.of) };
  const kind = ({ and: 'all', or: 'any', xor: 'odd' } as const)[written.kind];
  return { kind, of: written.of.map(conditionOf) };
}

function testOf({ operand, operator, values }: Written & { kind: 'test' }): Condition {
  const { name, at } = operand;
  refuseUndecidable(operand);
  if (!isField(name)) throw new SyntaxFault(at, `"${name}" is not a field; the fields are ${fieldList()}`);
  const type = FIELDS[name];
  if (operator === undefined || type === 'flag') {
    if (type !== 'flag') throw new SyntaxFault(at, `${name} needs an operator and a value`);
    if (operator !== undefined)
      throw new SyntaxFault(at, `${name} is true or false; write it alone, or "not ${name}"`);
    return { kind: 'flag', field: name as FlagField };
  }
  for (const value of values)
    if (value.text.startsWith('$') && !value.quoted)
      throw new SyntaxFault(value.at, `"${value.text}": lists do not exist here; write the values in {…}`);
  if (type === 'number') return numberTest(name as NumberField, operator, values, at);
  if (type === 'address') return addressTest(name as AddressField, operator, values, at);
  return textTest(name as TextField, operator, values, at);
}

function fieldList(): string {
  return Object.keys(FIELDS).join(', ');
}

/** Functions are for fields of HTTP in the reference. Where one has such a field, the field is named. */
function refuseUndecidable({ name, at, of }: WrittenOperand): void {
  const field = fieldsOf(of ?? []).find((each) => needsHttp(each.name)) ?? { name, at };
  if (needsHttp(field.name))
    throw new UndecidableFault(
      field.at,
      `${field.name} needs an HTTP request, which a DNS query does not have`,
    );
  if (of !== undefined) throw new UndecidableFault(at, `the function ${name}() is not supported`);
}

function fieldsOf(parts: readonly (Written | WrittenValue)[]): WrittenOperand[] {
  return parts.flatMap((part) => {
    if (part.kind === undefined) return [];
    if (part.kind === 'test') return [part.operand, ...fieldsOf(part.operand.of ?? [])];
    return fieldsOf([part.of].flat());
  });
}

/** A test that is false where the operator says "not". */
function unless(isNegated: boolean, condition: Condition): Condition {
  return isNegated ? { kind: 'not', of: condition } : condition;
}

function refuseOperator(at: number, field: string, operator: Operator, allowed: string): never {
  throw new SyntaxFault(at, `${field} cannot be compared by "${operator}"; use ${allowed}`);
}

/** The range of values that an order means; undefined: the operator is no order. */
function ordered<T>(
  operator: Operator,
  [from, to]: readonly [T, T],
  least: T,
  most: T,
  step: (value: T, by: 1 | -1) => T | undefined,
) {
  if (operator === 'lt') return bounded(least, step(from, -1));
  if (operator === 'le') return bounded(least, to);
  if (operator === 'gt') return bounded(step(to, 1), most);
  if (operator === 'ge') return bounded(from, most);
  return [{ from, to }];
}

function bounded<T>(from: T | undefined, to: T | undefined): { from: T; to: T }[] {
  return from === undefined || to === undefined ? [] : [{ from, to }];
}

/** Refuses what only texts can be compared by. */
function refuseTextOperator(at: number, field: string, operator: Operator): void {
  if (operator === 'contains' || operator === 'matches')
    refuseOperator(at, field, operator, 'eq, ne, lt, le, gt, ge or in');
}

function numberTest(
  field: NumberField,
  operator: Operator,
  values: readonly WrittenValue[],
  at: number,
): Condition {
  refuseTextOperator(at, field, operator);
  const step = (value: number, by: number) => (value + by < 0 ? undefined : value + by);
  const ranges = values.flatMap((value): NumberRange[] => {
    const from = numberOf(value, value.text, field);
    const to = value.to === undefined ? from : numberOf(value, value.to, field);
    refuseRange(value, operator, from > to);
    return ordered(operator, [from, to], 0, NUMBER_MAX, step);
  });
  return unless(operator === 'ne', { kind: 'number', field, ranges });
}

function numberOf({ at, quoted }: WrittenValue, text: string, field: string): number {
  const number = /^(?:\d+|0x[0-9a-f]+)$/i.test(text) && !quoted ? Number(text) : Number.NaN;
  if (!(number <= NUMBER_MAX))
    throw new SyntaxFault(at, `${field} needs a number from 0 to ${NUMBER_MAX}, such as 28`);
  return number;
}

function refuseRange({ at, to }: WrittenValue, operator: Operator, isBackward: boolean): void {
  if (to !== undefined && operator !== 'in')
    throw new SyntaxFault(at, 'a range stands only in {…} after "in"');
  if (isBackward) throw new SyntaxFault(at, 'the range ends before it begins');
}

function addressTest(
  field: AddressField,
  operator: Operator,
  values: readonly WrittenValue[],
  at: number,
): Condition {
  refuseTextOperator(at, field, operator);
  const ranges = values.flatMap((value): AddressRange[] => {
    const { from, to } = addressesOf(value, field);
    refuseRange(value, operator, compareOctets(from, to) > 0);
    const least = new Uint8Array(from.length);
    const most = new Uint8Array(from.length).fill(0xff);
    return ordered(operator, [from, to], least, most, neighbour);
  });
  return unless(operator === 'ne', { kind: 'address', field, ranges });
}

function addressesOf({ at, quoted, text, to }: WrittenValue, field: string): AddressRange {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const from = ipv4Octets(address) ?? ipv6Octets(address);
  if (from === undefined || quoted)
    throw new SyntaxFault(
      at,
      `${field} needs an address or a prefix, such as 192.0.2.1 or 2001:db8::/32, without quotes`,
    );
  if (to !== undefined) {
    const end = ipv4Octets(to) ?? ipv6Octets(to);
    if (end === undefined || end.length !== from.length || length !== undefined)
      throw new SyntaxFault(at, 'a range of addresses needs two addresses of one family');
    return { from, to: end };
  }
  const bits = length === undefined ? from.length * 8 : Number(length);
  if (bits > from.length * 8)
    throw new SyntaxFault(at, `the prefix has a length of ${bits}; ${from.length * 8} at most`);
  const end = from.slice();
  for (let bit = bits; bit < from.length * 8; bit += 1) {
    if (from[bit >> 3]! & (0x80 >> (bit & 7)))
      throw new SyntaxFault(at, `the prefix ${text} has bits set behind its length`);
    end[bit >> 3]! |= 0x80 >> (bit & 7);
  }
  return { from, to: end };
}

/** The address before or behind another of its family; undefined: there is none. */
function neighbour(address: Uint8Array, by: 1 | -1): Uint8Array | undefined {
  const next = address.slice();
  for (let at = next.length - 1; at >= 0; at -= 1) {
    next[at]! += by;
    if (next[at] !== (by === 1 ? 0 : 0xff)) return next;
  }
  return undefined;
}

function textTest(
  field: TextField,
  operator: Operator,
  values: readonly WrittenValue[],
  at: number,
): Condition {
  if (operator === 'lt' || operator === 'le' || operator === 'gt' || operator === 'ge')
    refuseOperator(at, field, operator, 'eq, ne, contains, matches or in');
  for (const value of values) {
    if (!value.quoted) throw new SyntaxFault(value.at, `${field} needs a text in quotes`);
    if (operator === 'eq' || operator === 'ne' || operator === 'in') refuseText(field, value);
  }
  return unless(operator === 'ne', { kind: 'text', field, test: textTestOf(field, operator, values) });
}

/** Refuses what a field can never be. */
function refuseText(field: TextField, { at, text }: WrittenValue): void {
  if (field === 'cf.load_balancer.region' && !REGION_CODES.includes(text as RegionCode))
    throw new SyntaxFault(at, `"${text}" is not a region; the regions are ${REGION_CODES.join(', ')}`);
  if (field === 'dns.qry.name' && !text.endsWith('.'))
    throw new SyntaxFault(at, `dns.qry.name ends with a dot; write "${text}."`);
  if (field === 'cf.load_balancer.name' && text.endsWith('.'))
    throw new SyntaxFault(at, `cf.load_balancer.name has no final dot; write "${text.slice(0, -1)}"`);
}

function textTestOf(field: TextField, operator: Operator, values: readonly WrittenValue[]): TextTest {
  const [value] = values as [WrittenValue];
  if (operator === 'contains') return { kind: 'contains', part: octetsOf(field, value.text) };
  if (operator !== 'matches')
    return { kind: 'equals', anyOf: values.map(({ text }) => octetsOf(field, text)) };
  if (value.text.length > PATTERN_CHARACTERS_MAX)
    throw new SyntaxFault(
      value.at,
      `the pattern has ${value.text.length} characters; ${PATTERN_CHARACTERS_MAX} at most`,
    );
  try {
    return { kind: 'matches', automaton: automatonOf(value.text) };
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    throw new SyntaxFault(value.at, `the pattern ${error.message}`);
  }
}

/** Names are compared whatever the case of their letters (RFC 4343 §2); region codes are in upper case. */
function octetsOf(field: TextField, text: string): Uint8Array {
  return new TextEncoder().encode(field === 'cf.load_balancer.region' ? text : text.toLowerCase());
}
