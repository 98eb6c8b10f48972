import { MESSAGE_OCTETS_MAX } from '../dns/header.ts';
import { ANSWERED_RECORDS_MAX } from '../dns/rrset.ts';
import { Section } from './image.ts';
import {
  ANSWER_WORDS,
  AnswerField,
  IN_FULL,
  OWNER,
  Vary,
  WINDOW_WORDS,
  WindowField,
  wordsFor,
} from './layout.ts';
import type { TableReader } from './reader.ts';

/** How words lie in this machine's memory: they are written as they were read. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** A compression pointer's upper bits (RFC 1035 §4.1.4). */
const POINTER = 0xc000;

/** The answer that is being written. One is made for each responder and used again for every query. */
export interface Message {
  /** Where it is written, and the same again to write words; see `writeInto`. */
  octets: Uint8Array;
  view: DataView;
  /** Where it begins, where it goes on, and where its records must end. */
  start: number;
  end: number;
  limit: number;
  ancount: number;
  nscount: number;
  arcount: number;
  /** TC and AA. */
  truncated: boolean;
  authoritative: boolean;
  /** Equal for answers that are alike, so that they can be limited together. */
  answerClass: number;
  /** Draws the order of records and picks: xorshift32, never 0. */
  random: number;
}

/** A message to be written; `seed` starts its random numbers. */
export function newMessage(seed: number): Message {
  return {
    octets: new Uint8Array(),
    view: new DataView(new ArrayBuffer()),
    start: 0,
    end: 0,
    limit: MESSAGE_OCTETS_MAX,
    ancount: 0,
    nscount: 0,
    arcount: 0,
    truncated: false,
    authoritative: false,
    answerClass: 0,
    random: seed | 0 || 1,
  };
}

/** Has a message written into a buffer. Allocates where it is another than before, which from query to query it is not. */
export function writeInto(message: Message, octets: Uint8Array): void {
  if (message.octets === octets) return;
  message.octets = octets;
  message.view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}

/**
 * Appends an answer of the table, varied as it says, for a name of `nameOctets` that stands at `nameAt` of the
 * message. `exact`: that is the question's name, and the node's. What does not fit is left out by whole RRsets.
 */
export function appendAnswer(
  message: Message,
  table: TableReader,
  answer: number,
  nameAt: number,
  nameOctets: number,
  exact: boolean,
  isReferral: boolean,
): void {
  const { words } = table;
  const from = message.end;
  const octets = words[answer + AnswerField.OCTETS]!;
  const octetsAt = (answer + ANSWER_WORDS) << 2;
  const vary = words[answer + AnswerField.VARY]!;
  const unitOctets = words[answer + AnswerField.UNIT_OCTETS]!;
  if (vary === Vary.WINDOW) {
    appendWindows(message, table, answer, nameAt, nameOctets, isReferral);
    return;
  }
  if (vary === Vary.PICK && from + unitOctets <= message.limit) {
    const unit = drawByWeight(message, words, answer);
    copy(message, table, octetsAt + unitOctets * unit, unitOctets);
    message.ancount += 1;
  } else if (from + octets > message.limit) {
    appendWhatFits(message, table, answer, isReferral);
  } else {
    let rotated = 0;
    if (vary === Vary.ROTATE) {
      const units = words[answer + AnswerField.UNITS]!;
      const firstOctets = unitOctets * draw(message, units);
      rotated = unitOctets * units;
      copy(message, table, octetsAt + firstOctets, rotated - firstOctets);
      copy(message, table, octetsAt, firstOctets);
    }
    copy(message, table, octetsAt + rotated, octets - rotated);
    message.ancount += words[answer + AnswerField.ANCOUNT]!;
    message.nscount += words[answer + AnswerField.NSCOUNT]!;
    message.arcount += words[answer + AnswerField.ARCOUNT]!;
  }
  if (!exact) fixPointers(message, words, answer, from, nameAt, nameOctets);
}

/** Copies `count` octets of the table, from `from`, to the message's end: by words as far as they lie on words. */
function copy(message: Message, table: TableReader, from: number, count: number): void {
  const end = message.end + count;
  let to = message.end;
  let octet = from;
  if ((from & 3) === 0) {
    const { view } = message;
    const { words } = table;
    for (let word = from >> 2; to + 4 <= end; word += 1, to += 4)
      view.setInt32(to, words[word]!, IS_LITTLE_ENDIAN);
    octet = from + (count & ~3);
  }
  const { octets } = message;
  const source = table.octets;
  for (; to < end; to += 1, octet += 1) octets[to] = source[octet]!;
  message.end = end;
}

/** A whole number below `bound`, each as likely. */
function draw(message: Message, bound: number): number {
  let { random } = message;
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  message.random = random;
  return Math.floor(((random >>> 0) * bound) / 0x1_0000_0000);
}

function drawByWeight(message: Message, words: Int32Array, answer: number): number {
  const drawn = draw(message, words[answer + AnswerField.WEIGHT]!);
  const cumulative =
    answer +
    ANSWER_WORDS +
    wordsFor(words[answer + AnswerField.OCTETS]!) +
    words[answer + AnswerField.FIXUPS]! +
    words[answer + AnswerField.CUTS]!;
  const last = words[answer + AnswerField.UNITS]! - 1;
  let unit = 0;
  while (unit < last && drawn >= words[cumulative + unit]!) unit += 1;
  return unit;
}

/** Appends the RRsets that fit, in order, and says with TC when one that is needed does not (RFC 2181 §9). */
function appendWhatFits(message: Message, table: TableReader, answer: number, isReferral: boolean): void {
  const { words } = table;
  const octetsAt = (answer + ANSWER_WORDS) << 2;
  const first =
    answer +
    ANSWER_WORDS +
    wordsFor(words[answer + AnswerField.OCTETS]!) +
    words[answer + AnswerField.FIXUPS]!;
  const last = first + words[answer + AnswerField.CUTS]!;
  let written = 0;
  for (let cut = first; cut < last; cut += 1) {
    const octets = words[cut]! & 0xffff;
    const section = words[cut]! >>> 30;
    if (message.end + octets > message.limit) {
      // RFC 9471 §3: glue is needed; other additional records are a courtesy.
      if (section !== Section.ADDITIONAL || isReferral) message.truncated = true;
      return;
    }
    copy(message, table, octetsAt + written, octets);
    written += octets;
    const records = (words[cut]! >>> 16) & 0x3fff;
    if (section === Section.ANSWER) message.ancount += records;
    else if (section === Section.AUTHORITY) message.nscount += records;
    else message.arcount += records;
  }
}

/**
 * Appends RRsets of which some have more records than an answer holds: of those as many as it holds, from one drawn at
 * random on, so that each is in as many answers. What does not fit is left out as appendWhatFits() does.
 */
function appendWindows(
  message: Message,
  table: TableReader,
  answer: number,
  nameAt: number,
  nameOctets: number,
  isReferral: boolean,
): void {
  const { words } = table;
  const octetsAt = (answer + ANSWER_WORDS) << 2;
  let window = answer + ANSWER_WORDS + wordsFor(words[answer + AnswerField.OCTETS]!);
  for (let left = words[answer + AnswerField.CUTS]!; left > 0; left -= 1) {
    const records = words[window + WindowField.RECORDS]!;
    const section = words[window + WindowField.SECTION]!;
    const distance = words[window + WindowField.OWNER_DISTANCE]!;
    const starts = window + WINDOW_WORDS;
    const answered = Math.min(records, ANSWERED_RECORDS_MAX);
    const first = answered < records ? draw(message, records) : 0;
    const last = Math.min(first + answered, records);
    /** Of those that come after the last one, from the beginning again. */
    const again = answered - (last - first);
    const octets = words[starts + last]! - words[starts + first]! + words[starts + again]! - words[starts]!;
    if (message.end + octets > message.limit) {
      if (section !== Section.ADDITIONAL || isReferral) message.truncated = true;
      return;
    }
    const owner = distance === OWNER ? nameAt : nameAt + nameOctets - distance;
    const pointer = distance === IN_FULL ? 0 : POINTER | owner;
    copyRecords(message, table, octetsAt, starts + first, starts + last, pointer);
    copyRecords(message, table, octetsAt, starts, starts + again, pointer);
    if (section === Section.ANSWER) message.ancount += answered;
    else if (section === Section.AUTHORITY) message.nscount += answered;
    else message.arcount += answered;
    window = starts + records + 1;
  }
}

/** Copies the records whose places are the words from `first` to before `last`; `pointer` goes to the owner of each, unless 0. */
function copyRecords(
  message: Message,
  table: TableReader,
  octetsAt: number,
  first: number,
  last: number,
  pointer: number,
): void {
  const { words } = table;
  const from = words[first]!;
  const to = message.end;
  copy(message, table, octetsAt + from, words[last]! - from);
  if (pointer === 0) return;
  const out = message.octets;
  for (let record = first; record < last; record += 1) {
    const owner = to + words[record]! - from;
    out[owner] = pointer >>> 8;
    out[owner + 1] = pointer & 0xff;
  }
}

/** Writes compression pointers anew, for a name of `nameOctets` that stands at `nameAt` of the message. */
function fixPointers(
  message: Message,
  words: Int32Array,
  answer: number,
  from: number,
  nameAt: number,
  nameOctets: number,
): void {
  const out = message.octets;
  const written = message.end - from;
  const first = answer + ANSWER_WORDS + wordsFor(words[answer + AnswerField.OCTETS]!);
  const last = first + words[answer + AnswerField.FIXUPS]!;
  for (let fixup = first; fixup < last; fixup += 1) {
    const position = words[fixup]! >>> 16;
    if (position >= written) return;
    const distance = words[fixup]! & 0xffff;
    const pointer = distance === OWNER ? nameAt : nameAt + nameOctets - distance;
    out[from + position] = (POINTER | pointer) >>> 8;
    out[from + position + 1] = pointer & 0xff;
  }
}
