import * as fromHeader from '../dns/header.ts';
import * as fromNameHash from '../dns/name-hash.ts';
import * as fromClientHash from '../load-balancer/steering/client-hash.ts';
import * as fromLayout from './layout.ts';
import type { TableReader } from './reader.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { HEADER_OCTETS, MESSAGE_OCTETS_MAX } = fromHeader;
const { IS_LITTLE_ENDIAN } = fromNameHash;
const { memberKey, writeRendezvousScore } = fromClientHash;
const {
  AnswerField,
  additionalCount,
  answerCount,
  authorityCount,
  fixupDistance,
  fixupPosition,
  fixupsAt,
  IN_FULL,
  OWNER,
  octetOf,
  RRSET_WORDS,
  recordsAt,
  rrsetOctets,
  rrsetRecords,
  rrsetSection,
  rrsetsAt,
  Section,
  Selection,
  WINDOW_WORDS,
  WindowField,
  weightsAt,
  ZoneField,
  zoneWord,
} = fromLayout;

/** A compression pointer's upper bits (RFC 1035 §4.1.4). */
export const POINTER = 0xc000;

/** Octets of a record before its rdata, its owner being a pointer; where its type, its TTL and the octets of its rdata are. */
export const RECORD_HEAD_OCTETS = 12;
export const TYPE_AT = 2;
export const TTL_AT = 6;
export const RDATA_OCTETS_AT = 10;

/** The answer that is being written. One is made for each responder and used again for every query. */
export interface Message {
  /** Where it is written, and the same again to write words; see `writeInto`. */
  octets: Uint8Array;
  view: DataView;
  /** Where it begins, where it goes on, and where its records must end. */
  start: number;
  end: number;
  limit: number;
  /** The name that is answered: where it is, in octets from the start, and its octets. */
  nameAt: number;
  nameOctets: number;
  /** Whether it is the question's, and the node's that answers: then its records can be copied as they are. */
  isExact: boolean;
  ancount: number;
  nscount: number;
  arcount: number;
  /** TC and AA. */
  truncated: boolean;
  authoritative: boolean;
  /** Equal for answers that are alike, so that they can be limited together. */
  answerClass: number;
  /** Bits of the client's subnet on which the answer depends (RFC 7871 §6). */
  scopeBits: number;
  /** The hash of the client, for answers that are chosen by it. */
  clientHash: number;
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
    nameAt: HEADER_OCTETS,
    nameOctets: 0,
    isExact: false,
    ancount: 0,
    nscount: 0,
    arcount: 0,
    truncated: false,
    authoritative: false,
    answerClass: 0,
    scopeBits: 0,
    clientHash: 0,
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
 * Appends an answer of the table to the name that is answered, its records selected as it says. What does not fit is left
 * out by whole RRsets. `isReferral`: additional records are needed as well.
 */
export function appendAnswer(
  message: Message,
  table: TableReader,
  answer: number,
  isReferral: boolean,
): void {
  const { words } = table;
  const from = message.end;
  const octets = words[answer + AnswerField.OCTETS]!;
  const records = recordsAt(answer);
  const selection = words[answer + AnswerField.SELECTION]!;
  const unitOctets = words[answer + AnswerField.UNIT_OCTETS]!;
  if (selection === Selection.WINDOW) {
    appendWindows(message, table, answer, isReferral, 0);
    return;
  }
  const isOfOne = selection === Selection.PICK || selection === Selection.HASH;
  if (isOfOne && from + unitOctets <= message.limit) {
    const unit =
      selection === Selection.PICK
        ? drawByWeight(message, words, answer)
        : unitOfClient(message, table, answer);
    copy(message, table, records, unitOctets * unit, unitOctets);
    message.ancount += 1;
  } else if (from + octets > message.limit) {
    appendWhatFits(message, table, answer, isReferral);
  } else {
    let rotated = 0;
    if (selection === Selection.ROTATE) {
      const units = words[answer + AnswerField.UNITS]!;
      const firstOctets = unitOctets * draw(message, units);
      rotated = unitOctets * units;
      copy(message, table, records, firstOctets, rotated - firstOctets);
      copy(message, table, records, 0, firstOctets);
    }
    copy(message, table, records, rotated, octets - rotated);
    if (selection === Selection.NUMBERED) writeSerial(message, table, answer, from);
    const counts = words[answer + AnswerField.COUNTS]!;
    message.ancount += answerCount(counts);
    message.nscount += authorityCount(counts);
    message.arcount += additionalCount(counts);
  }
  if (!message.isExact) fixPointers(message, words, answer, from);
}

/**
 * Appends an answer of addresses, of which it has no more than `recordsMax`: a window that starts at one drawn at random. It may have
 * more of them than the answer says itself.
 */
export function appendAtMost(message: Message, table: TableReader, answer: number, recordsMax: number): void {
  const { words } = table;
  const selection = words[answer + AnswerField.SELECTION]!;
  const units = words[answer + AnswerField.UNITS]!;
  if (selection === Selection.WINDOW) appendWindows(message, table, answer, false, recordsMax);
  else if (selection !== Selection.ROTATE || units <= recordsMax) appendAnswer(message, table, answer, false);
  else {
    const from = message.end;
    const unitOctets = words[answer + AnswerField.UNIT_OCTETS]!;
    if (from + unitOctets * recordsMax > message.limit) {
      message.truncated = true;
      return;
    }
    const records = recordsAt(answer);
    const first = draw(message, units);
    const count = Math.min(recordsMax, units - first);
    copy(message, table, records, unitOctets * first, unitOctets * count);
    copy(message, table, records, 0, unitOctets * (recordsMax - count));
    message.ancount += recordsMax;
    if (!message.isExact) fixPointers(message, words, answer, from);
  }
}

/** Writes the serial of its zone into an answer's records, which begin at `from`. */
function writeSerial({ view }: Message, { words, zones }: TableReader, answer: number, from: number): void {
  const serial = zones[zoneWord(words[answer + AnswerField.ZONE]!, ZoneField.SERIAL)]!;
  view.setInt32(from + words[answer + AnswerField.SERIAL_AT]!, serial);
}

/** Sets another TTL in the records from `from` on, whose owners are pointers, where theirs differs. */
export function setTtls(message: Message, from: number, ttlSeconds: number): void {
  const { octets, view, end } = message;
  if (from === end || view.getInt32(from + TTL_AT) === ttlSeconds) return;
  for (let at = from; at < end; ) {
    view.setInt32(at + TTL_AT, ttlSeconds);
    at += RECORD_HEAD_OCTETS + ((octets[at + RDATA_OCTETS_AT]! << 8) | octets[at + RDATA_OCTETS_AT + 1]!);
  }
}

/** Copies `count` octets of the table, from `skip` octets behind a word, to the message's end: by words as far as they lie on words. */
function copy(message: Message, table: TableReader, word: number, skip: number, count: number): void {
  const end = message.end + count;
  let to = message.end;
  let from = skip;
  if ((skip & 3) === 0) {
    const { view } = message;
    const { words } = table;
    for (let at = word + (skip >> 2); to + 4 <= end; at += 1, to += 4)
      // Words are written as they were read.
      view.setInt32(to, words[at]!, IS_LITTLE_ENDIAN);
    from = skip + (count & ~3);
  }
  if (to < end) {
    const { octets } = message;
    const source = table.octets;
    for (let octet = octetOf(word) + from; to < end; to += 1, octet += 1) octets[to] = source[octet]!;
  }
  message.end = end;
}

/** Draws a whole number below `bound`, each equally likely. */
export function draw(message: Message, bound: number): number {
  let { random } = message;
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  message.random = random;
  return Math.floor(((random >>> 0) * bound) / 0x1_0000_0000);
}

function drawByWeight(message: Message, words: Int32Array, answer: number): number {
  const drawn = draw(message, words[answer + AnswerField.WEIGHT]!);
  const weights = weightsAt(words, answer);
  const last = words[answer + AnswerField.UNITS]! - 1;
  let unit = 0;
  while (unit < last && drawn >= words[weights + unit]!) unit += 1;
  return unit;
}

/** Where the score of a unit is written. */
const SCORE = new Float64Array(1);

/** The unit with the highest score for the client (weighted rendezvous hashing). */
function unitOfClient(message: Message, { words, octets }: TableReader, answer: number): number {
  const units = words[answer + AnswerField.UNITS]!;
  const unitOctets = words[answer + AnswerField.UNIT_OCTETS]!;
  const weights = weightsAt(words, answer);
  let rdata = octetOf(recordsAt(answer)) + RECORD_HEAD_OCTETS;
  let before = 0;
  let best = 0;
  let highest = -1;
  for (let unit = 0; unit < units; unit += 1, rdata += unitOctets) {
    const key = memberKey(octets, rdata, unitOctets - RECORD_HEAD_OCTETS);
    writeRendezvousScore(SCORE, message.clientHash, key, words[weights + unit]! - before);
    const score = SCORE[0]!;
    before = words[weights + unit]!;
    if (score <= highest) continue;
    highest = score;
    best = unit;
  }
  return best;
}

/** Appends the RRsets that fit, in order, and says with TC when one that is needed does not (RFC 2181 §9). */
function appendWhatFits(message: Message, table: TableReader, answer: number, isReferral: boolean): void {
  const { words } = table;
  const records = recordsAt(answer);
  const first = rrsetsAt(words, answer);
  const last = first + RRSET_WORDS * words[answer + AnswerField.RRSETS]!;
  let written = 0;
  for (let at = first; at < last; at += RRSET_WORDS) {
    const rrset = words[at]!;
    const octets = rrsetOctets(rrset);
    const section = rrsetSection(rrset);
    if (message.end + octets > message.limit) {
      // RFC 9471 §3: glue is needed; other additional records are a courtesy.
      if (section !== Section.ADDITIONAL || isReferral) message.truncated = true;
      return;
    }
    copy(message, table, records, written, octets);
    written += octets;
    count(message, section, rrsetRecords(rrset));
  }
}

/** Counts records of a section. */
function count(message: Message, section: number, records: number): void {
  if (section === Section.ANSWER) message.ancount += records;
  else if (section === Section.AUTHORITY) message.nscount += records;
  else message.arcount += records;
}

/**
 * Appends RRsets of which some have more records than an answer holds. It appends as many of each as an answer holds, and begins with a
 * record drawn at random, so that every record is in as many answers. A set that belongs to a record of the first set is appended only
 * where the answer has that record. What does not fit is left out as appendWhatFits() does. `recordsMax`: records of each set at the most;
 * 0: as many as the table says.
 */
function appendWindows(
  message: Message,
  table: TableReader,
  answer: number,
  isReferral: boolean,
  recordsMax: number,
): void {
  const { words } = table;
  const all = recordsAt(answer);
  let window = fixupsAt(words, answer);
  // Of the first window.
  const firstRecords = words[window + WindowField.RECORDS]!;
  const firstAnswered =
    recordsMax === 0 ? words[window + WindowField.ANSWERED]! : Math.min(recordsMax, firstRecords);
  let firstDrawn = -1;
  for (let left = words[answer + AnswerField.RRSETS]!; left > 0; left -= 1) {
    const records = words[window + WindowField.RECORDS]!;
    const section = words[window + WindowField.SECTION]!;
    const distance = words[window + WindowField.OWNER_DISTANCE]!;
    const of = words[window + WindowField.OF]!;
    const starts = window + WINDOW_WORDS;
    // Glue of a name server that this answer does not name.
    if (of !== 0 && (of - 1 - firstDrawn + firstRecords) % firstRecords >= firstAnswered) {
      window = starts + records + 1;
      continue;
    }
    const answered = recordsMax === 0 ? words[window + WindowField.ANSWERED]! : Math.min(recordsMax, records);
    const first = draw(message, records);
    if (firstDrawn < 0) firstDrawn = first;
    const last = Math.min(first + answered, records);
    /** Of those that come after the last one, from the beginning again. */
    const again = answered - (last - first);
    const octets = words[starts + last]! - words[starts + first]! + words[starts + again]! - words[starts]!;
    if (message.end + octets > message.limit) {
      if (section !== Section.ADDITIONAL || isReferral) message.truncated = true;
      return;
    }
    for (let part = 0; part < 2; part += 1) {
      const from = part === 0 ? starts + first : starts;
      const to = part === 0 ? starts + last : starts + again;
      const end = message.end;
      copy(message, table, all, words[from]!, words[to]! - words[from]!);
      if (distance !== IN_FULL)
        for (let record = from; record < to; record += 1)
          writePointer(message, end + words[record]! - words[from]!, distance);
    }
    count(message, section, answered);
    window = starts + records + 1;
  }
}

/** Writes compression pointers anew in the records from `from` on, for the name that is answered. */
function fixPointers(message: Message, words: Int32Array, answer: number, from: number): void {
  const written = message.end - from;
  const first = fixupsAt(words, answer);
  const last = first + words[answer + AnswerField.FIXUPS]!;
  for (let at = first; at < last; at += 1) {
    const position = fixupPosition(words[at]!);
    if (position >= written) return;
    writePointer(message, from + position, fixupDistance(words[at]!));
  }
}

/** Writes a pointer to what is `distance` octets before the end of the name that is answered; OWNER: to the name. */
function writePointer(message: Message, at: number, distance: number): void {
  const { octets } = message;
  const pointer = POINTER | (message.nameAt + (distance === OWNER ? 0 : message.nameOctets - distance));
  octets[at] = pointer >>> 8;
  octets[at + 1] = pointer & 0xff;
}
