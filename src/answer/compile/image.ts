import { RECORD_TAIL_OCTETS } from '../../dns/header.ts';
import type { WireName } from '../../dns/name.ts';
import { hashName } from '../../dns/name-hash.ts';
import { ANSWERED_RECORDS_MAX, type RRset } from '../../dns/rrset.ts';
import { Class } from '../../dns/type.ts';
import { SOA_NUMBERS_OCTETS } from '../../zone/authority.ts';
import {
  ANSWER_WORDS,
  AnswerField,
  IN_FULL,
  NodeField,
  NodeKind,
  nameEnd,
  OWNER,
  octetOf,
  packCounts,
  packFixup,
  packRRset,
  RRSET_WORDS,
  recordsAt,
  SET_WORDS,
  Section,
  Selection,
  WINDOW_WORDS,
  WindowField,
  wordsFor,
} from '../layout.ts';

/** An RRset of an answer. `of`: the number of the record of the first RRset without which it is not in the answer; absent: it always is. */
export interface AnswerSet {
  readonly section: Section;
  readonly rrset: RRset;
  readonly of?: number;
}

/** An answer, ready to be laid out. */
export interface Answer {
  /** RRsets in the order of their sections. */
  readonly sets: readonly AnswerSet[];
  /** How its records are selected as long as no set has more records than an answer holds. */
  readonly selection: Exclude<(typeof Selection)[keyof typeof Selection], typeof Selection.WINDOW>;
  /** One weight for each record of the first set (Selection.PICK, Selection.HASH): whole numbers, at least 1, at most WEIGHTS_MAX in sum. */
  readonly weights?: readonly number[];
  /** Ordinal of the zone whose serial its only record, the SOA, is answered with (Selection.NUMBERED). */
  readonly zone?: number;
  /** Records of each set that it holds at the most, unless it is drawn by weight; absent: ANSWERED_RECORDS_MAX. */
  readonly recordsMax?: number;
}

/** A name and its answers. */
export interface Node {
  readonly name: WireName;
  readonly kind: number;
  /** Its zone's ordinal; a pool has none. */
  readonly zone?: number;
  /** NodeField.COUNTED; absent: 0. */
  readonly counted?: number | undefined;
  /** NodeField.POOL_TTL. */
  readonly poolTtlSeconds?: number;
  /** Images of the programs (steering/layout.ts) that answer for A and for AAAA, laid out once where they are one object; absent: answers do. */
  readonly programs?: readonly [Int32Array, Int32Array];
  readonly answers: readonly { readonly type: number; readonly answer: Answer }[];
}

const POINTER_OCTETS = 2;
const QUESTION_NAME_AT = 12;
const POINTER = 0xc000;

/** Octets of an answer's records at the most: a message's, less the longest question and an OPT record. */
export const ANSWER_OCTETS_MAX = 65_535 - 12 - 259 - 512;

/** Largest sum of an answer's weights: its product with a 32-bit random number is still exact. */
export const WEIGHTS_MAX = 2 ** 20;

/**
 * Lays an answer out in words (layout.ts), for a question whose name is `name`. Owners that are `name` or above it
 * become pointers, others are written in full. Additional sets that make it too long become windows, of which an answer has what
 * fits (RFC 2181 §9); without them it throws RangeError over ANSWER_OCTETS_MAX, as it does over WEIGHTS_MAX. `isAsked`: the name stands for the
 * question, whatever that is.
 */
export function answerImage(name: WireName, answer: Answer, isAsked = false): Int32Array {
  const measured = measure(name, answer);
  const words = new Int32Array(measured.words);
  writeAnswer(words, 0, name, measured, isAsked);
  return words;
}

/** Lays a node out in words (layout.ts). Its offsets count from its start, so that it may lie anywhere. */
export function nodeImage(node: Node): Int32Array {
  const answers = node.answers.map(({ answer }) => measure(node.name, answer));
  const name = ownName(node);
  const setsAt = nameEnd(0, name.length);
  const answersAt = setsAt + SET_WORDS * answers.length;
  const programsAt = answersAt + sum(answers.map(({ words }) => words));
  const programs = node.programs ?? [];
  const different = new Set(programs);
  const size = programsAt + programs.length + sum([...different].map(({ length }) => length));
  const words = new Int32Array(size);
  words[NodeField.HASH] = hashName(name);
  words[NodeField.WORDS] = size;
  words[NodeField.KIND] = node.kind;
  words[NodeField.ZONE] = node.zone ?? 0;
  words[NodeField.POOL_TTL] = node.poolTtlSeconds ?? 0;
  words[NodeField.NAME_OCTETS] = name.length;
  words[NodeField.SETS] = answers.length;
  words[NodeField.COUNTED] = node.counted ?? 0;
  new Uint8Array(words.buffer).set(name, octetOf(setsAt) - name.length);
  // A referral answers names at or below the cut, and a DNAME names below it, so the question need not be the node's name.
  const isAsked = node.kind !== NodeKind.CUT && node.kind !== NodeKind.DNAME;
  let at = answersAt;
  for (const [i, measured] of answers.entries()) {
    words[setsAt + SET_WORDS * i] = node.answers[i]!.type;
    words[setsAt + SET_WORDS * i + 1] = at;
    writeAnswer(words, at, node.name, measured, isAsked);
    at += measured.words;
  }
  if (node.programs !== undefined) {
    words[NodeField.PROGRAMS] = programsAt;
    at += programs.length;
    for (const program of different) {
      for (const [i, each] of programs.entries()) if (each === program) words[programsAt + i] = at;
      words.set(program, at);
      at += program.length;
    }
  }
  return words;
}

/** The name that a node is found by: of a pool its label, without the root. */
function ownName({ kind, name }: Node): Uint8Array {
  return kind === NodeKind.POOL || kind === NodeKind.UNREAD ? name.subarray(0, -1) : name;
}

/** An RRset that is in an answer, and how its owner is written: octets from there to the end of the node's name, or in full. */
interface MeasuredSet extends AnswerSet {
  readonly distance: number | undefined;
  /** Octets of each record, and of all. */
  readonly sizes: readonly number[];
  readonly octets: number;
}

/** An answer, and the words it takes. */
interface Measured {
  readonly answer: Answer;
  readonly selection: (typeof Selection)[keyof typeof Selection];
  readonly sets: readonly MeasuredSet[];
  /** Octets of its records. */
  readonly octets: number;
  readonly fixups: number;
  readonly words: number;
}

function measure(name: WireName, answer: Answer): Measured {
  const sets = answer.sets.map((set) => measureSet(name, set));
  const octets = sum(sets.map((set) => set.octets));
  const needed = sets.filter(({ section }) => section !== Section.ADDITIONAL);
  const isTooLong = octets > ANSWER_OCTETS_MAX && needed.length < sets.length;
  const isWindow =
    !isOfOne(answer.selection) && (isTooLong || answer.sets.some(({ rrset }) => isLarge(rrset, answer)));
  const neededOctets = sum(needed.map((set) => (isWindow ? largestWindow(set.sizes, answer) : set.octets)));
  if (neededOctets > ANSWER_OCTETS_MAX)
    throw new RangeError(`an answer of ${neededOctets} octets; ${ANSWER_OCTETS_MAX} at most`);
  let fixups = 0;
  let words = ANSWER_WORDS + wordsFor(octets) + (answer.weights?.length ?? 0);
  for (const { distance, sizes } of sets) {
    if (isWindow) words += WINDOW_WORDS + sizes.length + 1;
    else {
      words += RRSET_WORDS;
      if (distance !== undefined) fixups += sizes.length;
    }
  }
  words += fixups;
  return { answer, selection: isWindow ? Selection.WINDOW : answer.selection, sets, octets, fixups, words };
}

function measureSet(name: WireName, set: AnswerSet): MeasuredSet {
  const { owner, rdata } = set.rrset;
  const distance = suffixDistance(name, owner);
  const headOctets = (distance === undefined ? owner.length : POINTER_OCTETS) + RECORD_TAIL_OCTETS;
  const sizes = rdata.map(({ length }) => headOctets + length);
  return { ...set, distance, sizes, octets: sum(sizes) };
}

/** Whether answers have one record of many. */
function isOfOne(selection: (typeof Selection)[keyof typeof Selection]): boolean {
  return selection === Selection.PICK || selection === Selection.HASH;
}

/** Whether a set needs a window: the counts of whole answers end at 255 records. */
function isLarge({ rdata }: RRset, answer: Answer): boolean {
  return rdata.length > Math.min(recordsMaxOf(answer), ANSWERED_RECORDS_MAX);
}

function recordsMaxOf({ recordsMax }: Answer): number {
  return recordsMax ?? ANSWERED_RECORDS_MAX;
}

/** Octets of as many records as an answer holds, at the most. */
function largestWindow(sizes: readonly number[], answer: Answer): number {
  return sum(sizes.toSorted((a, b) => b - a).slice(0, recordsMaxOf(answer)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/**
 * Writes an answer to `words` from `at`. `isAsked`: the question is the node's name, or a name that a wildcard or a
 * pool answers for. Then the question's name is the owner.
 */
function writeAnswer(
  words: Int32Array,
  at: number,
  name: WireName,
  measured: Measured,
  isAsked: boolean,
): void {
  const { answer, sets, selection } = measured;
  const octets = new Uint8Array(words.buffer, octetOf(recordsAt(at)));
  const counts = [0, 0, 0] as [number, number, number];
  let fixup = recordsAt(at) + wordsFor(measured.octets);
  let next = fixup + measured.fixups;
  let end = 0;
  for (const set of sets) {
    const starts = writeRecords(octets, end, name, set);
    const { section, rrset, distance, of } = set;
    const records = rrset.rdata.length;
    const meant = isAsked && distance === name.length ? OWNER : distance;
    if (selection === Selection.WINDOW) {
      words[next + WindowField.RECORDS] = records;
      words[next + WindowField.SECTION] = section;
      words[next + WindowField.OWNER_DISTANCE] = meant ?? IN_FULL;
      words[next + WindowField.ANSWERED] = Math.min(records, recordsMaxOf(answer));
      words[next + WindowField.OF] = of === undefined ? 0 : of + 1;
      words.set([...starts, end + set.octets], next + WINDOW_WORDS);
      next += WINDOW_WORDS + records + 1;
    } else {
      if (meant !== undefined) for (const start of starts) words[fixup++] = packFixup(start, meant);
      words[next] = packRRset(set.octets, records, section);
      next += RRSET_WORDS;
    }
    end += set.octets;
    counts[section] += records;
  }
  const hasUnits = selection === Selection.ROTATE || isOfOne(selection);
  const isNumbered = selection === Selection.NUMBERED;
  const isWhole = !isOfOne(selection) && selection !== Selection.WINDOW;
  const first = answer.sets[0]?.rrset.rdata;
  words[at + AnswerField.OCTETS] = measured.octets;
  words[at + AnswerField.COUNTS] = isWhole ? packCounts(...counts) : 0;
  words[at + AnswerField.SELECTION] = selection;
  words[at + AnswerField.UNITS] = hasUnits ? first!.length : 0;
  words[at + AnswerField.UNIT_OCTETS] = hasUnits
    ? POINTER_OCTETS + RECORD_TAIL_OCTETS + first![0]!.length
    : 0;
  if (isNumbered) {
    words[at + AnswerField.ZONE] = answer.zone!;
    words[at + AnswerField.SERIAL_AT] = measured.octets - SOA_NUMBERS_OCTETS;
  }
  words[at + AnswerField.WEIGHT] = writeCumulative(words, next, answer.weights ?? []);
  words[at + AnswerField.FIXUPS] = measured.fixups;
  words[at + AnswerField.RRSETS] = sets.length;
}

/** Writes the records of a set to `octets` from `from`; returns where each begins. */
function writeRecords(
  octets: Uint8Array,
  from: number,
  name: WireName,
  { rrset, distance }: MeasuredSet,
): number[] {
  let end = from;
  return rrset.rdata.map((rdata) => {
    const start = end;
    if (distance === undefined) {
      octets.set(rrset.owner, end);
      end += rrset.owner.length;
    } else {
      writeUint16(octets, end, POINTER | (QUESTION_NAME_AT + name.length - distance));
      end += POINTER_OCTETS;
    }
    writeUint16(octets, end, rrset.type);
    writeUint16(octets, end + 2, Class.IN);
    writeUint16(octets, end + 4, rrset.ttlSeconds >>> 16);
    writeUint16(octets, end + 6, rrset.ttlSeconds & 0xffff);
    writeUint16(octets, end + 8, rdata.length);
    octets.set(rdata, end + RECORD_TAIL_OCTETS);
    end += RECORD_TAIL_OCTETS + rdata.length;
    return start;
  });
}

/** Writes each weight added to those before it; returns their sum. */
function writeCumulative(words: Int32Array, at: number, weights: readonly number[]): number {
  let sum = 0;
  for (const [i, weight] of weights.entries()) words[at + i] = sum += weight;
  if (sum > WEIGHTS_MAX) throw new RangeError(`weights of ${sum} in sum; ${WEIGHTS_MAX} at most`);
  return sum;
}

/** Octets from the start of `owner` to the end of `name` when `owner` is `name` or above it. */
function suffixDistance(name: WireName, owner: WireName): number | undefined {
  // Owners come from the same parsed names, so equal octets at a label boundary are the same name.
  for (let at = 0; ; at += 1 + name[at]!) {
    if (name.length - at === owner.length)
      return owner.every((octet, i) => octet === name[at + i]) ? owner.length : undefined;
    if (name[at] === 0) return undefined;
  }
}

function writeUint16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}
