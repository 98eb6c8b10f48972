import * as fromEdns from '../dns/edns.ts';
import * as fromHeader from '../dns/header.ts';
import * as fromName from '../dns/name.ts';
import * as fromNameHash from '../dns/name-hash.ts';
import * as fromRcode from '../dns/rcode.ts';
import * as fromType from '../dns/type.ts';
import type { EdnsQuery } from './edns/edns-query.ts';
import * as fromEdnsQuery from './edns/edns-query.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { EDNS_VERSION, OPT_OCTETS } = fromEdns;
const {
  HEADER_OCTETS,
  OPCODE_MASK,
  Opcode,
  PLAIN_UDP_OCTETS_MAX,
  POINTER,
  QR,
  QUESTION_TAIL_OCTETS,
  RECORD_TAIL_OCTETS,
} = fromHeader;
const { foldWord, LABEL_OCTETS_MAX, NAME_OCTETS_MAX } = fromName;
const { extendHash, IS_LITTLE_ENDIAN, NAME_HASH_SEED, WORD_OCTETS, wordFrom } = fromNameHash;
const { Rcode } = fromRcode;
const { Type } = fromType;
const { newEdnsQuery, parseOptions, resetEdnsQuery } = fromEdnsQuery;

/** parseQuery's word for a packet that must not be answered. */
export const SILENT = -1;

/** Labels of a name without its root: each takes two octets at least (RFC 1035 §2.3.4). */
const LABELS_MAX = 127;

/** A parsed query. One is made for each responder and filled again for every packet, since a query must not allocate. */
export interface Query extends EdnsQuery {
  /** What the query is read from, and the same again to read words; see `readFrom`. */
  octets: Uint8Array;
  view: DataView;
  /** Octets of the question; 0: there is none that can be repeated in the answer. */
  questionOctets: number;
  /** The question's name, folded to lower case, root label included: the last octets of `name`, which are `words` too. */
  readonly name: Uint8Array;
  readonly words: Int32Array;
  readonly nameView: DataView;
  nameOctets: number;
  /** Labels without the root; label `i` starts at `labelAt[i]` of `name`. The last label is the root, and its end comes after it. */
  labels: number;
  readonly labelAt: Uint16Array;
  /** The hash of all words of the name from word `i` on, from which hashFrom() makes that of a name. */
  readonly hashes: Int32Array;
  type: number;
  class: number;
  /** Whether an OPT record came along, and what it said. */
  edns: boolean;
  udpOctetsMax: number;
  /** The upper octet of OPT's flags, of which only DO means something. */
  ednsFlags: number;
}

/** Octets of Query.name: as many as a name has at the most, in whole words, and one word before it. */
export const NAME_END = 260;
export const NAME_WORDS = NAME_END / WORD_OCTETS;

/** A query to be filled. */
export function newQuery(): Query {
  const name = new Uint8Array(NAME_END);
  return {
    ...newEdnsQuery(),
    octets: new Uint8Array(),
    view: new DataView(new ArrayBuffer()),
    questionOctets: 0,
    name,
    words: new Int32Array(name.buffer),
    nameView: new DataView(name.buffer),
    nameOctets: 0,
    labels: 0,
    labelAt: new Uint16Array(LABELS_MAX + 2),
    hashes: new Int32Array(NAME_WORDS + 1).fill(NAME_HASH_SEED),
    type: 0,
    class: 0,
    edns: false,
    udpOctetsMax: PLAIN_UDP_OCTETS_MAX,
    ednsFlags: 0,
  };
}

/** Has a query read from a buffer. Allocates where it is another than before, which within a batch of queries it is not. */
export function readFrom(query: Query, octets: Uint8Array): void {
  if (query.octets === octets) return;
  query.octets = octets;
  query.view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}

/**
 * Parses the `length` octets from `at`, whatever they are. Returns SILENT for what is no query (RFC 8906 §3: nothing
 * shorter than a header and no response is ever answered), the code to answer at once for a query that cannot be
 * served, or NOERROR.
 */
export function parseQuery(query: Query, octets: Uint8Array, at: number, length: number): number {
  query.questionOctets = 0;
  query.edns = false;
  query.udpOctetsMax = PLAIN_UDP_OCTETS_MAX;
  query.ednsFlags = 0;
  resetEdnsQuery(query);
  readFrom(query, octets);
  if (length < HEADER_OCTETS || (octets[at + 2]! & QR) !== 0) return SILENT;
  const opcode = (octets[at + 2]! & OPCODE_MASK) >> 3;
  const end = at + length;
  const body = parseBody(query, octets, at, end, opcode);
  if (opcode === Opcode.QUERY) return body;
  // RFC 2136 §2.2 and RFC 1996 §3: opcodes that are known and not for everyone. Of others not even the format is known.
  return opcode === Opcode.UPDATE || opcode === Opcode.NOTIFY ? Rcode.REFUSED : Rcode.NOTIMP;
}

function parseBody(query: Query, octets: Uint8Array, at: number, end: number, opcode: number): number {
  const questions = uint16(octets, at + 4);
  const answers = uint16(octets, at + 6);
  const authorities = uint16(octets, at + 8);
  const additionals = uint16(octets, at + 10);
  // RFC 9619 §4: a query has one question; RFC 7873 §5.4: or none, to ask for a cookie.
  if (questions > 1) return Rcode.FORMERR;
  let next = at + HEADER_OCTETS;
  if (questions === 1) {
    next = parseQuestion(query, octets, next, end);
    if (next === 0) return Rcode.FORMERR;
  }
  // RFC 1995 §3: an IXFR brings its SOA; no other query brings records but in the additional section.
  if (opcode === Opcode.QUERY && (answers !== 0 || authorities > (query.type === Type.IXFR ? 1 : 0)))
    return Rcode.FORMERR;
  for (let left = answers + authorities; left > 0; left -= 1) {
    next = skipRecord(octets, next, end);
    if (next === 0) return Rcode.FORMERR;
  }
  let opt = 0;
  for (let left = additionals; left > 0; left -= 1) {
    const start = next;
    const tail = skipOwner(octets, start, end);
    next = tail === 0 ? 0 : skipTail(octets, tail, end);
    if (next === 0) return Rcode.FORMERR;
    // A TSIG is ignored too: no key is known here, and an unsigned answer shows that to its client (RFC 8945 §5.3).
    if (uint16(octets, tail) !== Type.OPT) continue;
    // RFC 6891 §6.1.1: more than one OPT is an error; §6.1.2: and so is one whose owner is not the root.
    if (opt !== 0 || octets[start] !== 0) {
      query.edns = false;
      return Rcode.FORMERR;
    }
    opt = start;
    query.edns = true;
    // RFC 6891 §6.2.3: values lower than 512 are treated as 512.
    query.udpOctetsMax = Math.max(PLAIN_UDP_OCTETS_MAX, uint16(octets, start + 3));
    query.ednsFlags = octets[start + 7]!;
  }
  if (next !== end) return Rcode.FORMERR;
  if (opt !== 0) {
    if (octets[opt + 6]! > EDNS_VERSION) return Rcode.BADVERS;
    if (!parseOptions(query, octets, opt + OPT_OCTETS, uint16(octets, opt + 9))) return Rcode.FORMERR;
  }
  return questions === 1 || query.cookieOctets !== 0 ? Rcode.NOERROR : Rcode.FORMERR;
}

/** Reads the question; the position behind it, or 0 when it is broken. */
function parseQuestion(query: Query, octets: Uint8Array, at: number, end: number): number {
  const next = parseName(query, query.view, at, end);
  if (next === 0 || next + QUESTION_TAIL_OCTETS > end) return 0;
  query.questionOctets = query.nameOctets + QUESTION_TAIL_OCTETS;
  query.type = uint16(octets, next);
  query.class = uint16(octets, next + 2);
  return next + QUESTION_TAIL_OCTETS;
}

/**
 * Reads a name without pointers (the question's has nothing to point to, RFC 1035 §4.1.4) into the query's name,
 * labels and hashes. At least a header is before it. Returns the position behind it, or 0 when it is no name or does not
 * end before `end`.
 */
export function parseName(query: Query, view: DataView, at: number, end: number): number {
  let labels = 0;
  let next = at;
  for (;;) {
    if (next >= end) return 0;
    const label = view.getUint8(next);
    if (label === 0) break;
    if (label > LABEL_OCTETS_MAX) return 0;
    // One octet is left for the root label.
    if (next - at + 1 + label + 1 > NAME_OCTETS_MAX) return 0;
    query.labelAt[labels] = next - at;
    labels += 1;
    next += 1 + label;
  }
  const nameOctets = next - at + 1;
  const { words, labelAt, hashes } = query;
  const start = NAME_END - nameOctets;
  for (let label = 0; label < labels; label += 1) labelAt[label] = labelAt[label]! + start;
  labelAt[labels] = NAME_END - 1;
  labelAt[labels + 1] = NAME_END;
  let hash = NAME_HASH_SEED;
  let position = next + 1;
  let word = NAME_WORDS;
  do {
    position -= WORD_OCTETS;
    word -= 1;
    // The first word also has octets before the name, of a header; nothing looks at them.
    const folded = foldWord(view.getInt32(position, IS_LITTLE_ENDIAN));
    words[word] = folded;
    hash = extendHash(hash, folded);
    hashes[word] = hash;
  } while (position > at);
  query.labels = labels;
  query.nameOctets = nameOctets;
  return next + 1;
}

/** The hash of the query's name without its first `skip` labels. */
export function hashFrom({ words, labelAt, hashes }: Query, skip: number): number {
  const at = labelAt[skip]!;
  const word = at >>> 2;
  return extendHash(hashes[word + 1]!, wordFrom(words[word]!, at & 3));
}

/** The position behind the record at `at`, or 0 when it does not end within the message. */
function skipRecord(octets: Uint8Array, at: number, end: number): number {
  const tail = skipOwner(octets, at, end);
  return tail === 0 ? 0 : skipTail(octets, tail, end);
}

/** The position behind the owner of the record at `at`, where its type is, or 0 when all before its rdata does not end within the message. */
function skipOwner(octets: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end && octets[next] !== 0 && octets[next]! <= LABEL_OCTETS_MAX) next += 1 + octets[next]!;
  if (next >= end) return 0;
  // RFC 6891 §5: label types between the label and the pointer are not in use.
  if (octets[next] !== 0 && octets[next]! < POINTER) return 0;
  next += octets[next] === 0 ? 1 : 2;
  return next + RECORD_TAIL_OCTETS > end ? 0 : next;
}

/** The position behind the record whose owner ends at `at`, or 0 when its rdata does not end within the message. */
function skipTail(octets: Uint8Array, at: number, end: number): number {
  const next = at + RECORD_TAIL_OCTETS + uint16(octets, at + 8);
  return next > end ? 0 : next;
}

function uint16(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!;
}
