/**
 * How names and their answers lie in shared memory, and the only place that calculates with it. Everything is counted in
 * 32-bit words, each field one word, so that a reader loads it with one aligned access; record octets follow in whole
 * words. Fields that are kept for something to come are 0.
 *
 * Index: pairs of words, (hash, offset of a node in the arena). Offset 0: the slot was never used, and a search ends
 * here. REMOVED: its node was removed, and a search goes on.
 *
 * Zones: for each ordinal ZONE_WORDS words, ZoneField. The serial of a zone is there alone: answers that have the SOA
 * are written with it (Selection.NUMBERED), so that a change of it is one word.
 *
 * Each pool is there once, whatever the number of zones it answers in, in an index of their own, found by their labels.
 *
 * Node, at word `n`:
 * ```
 *  n+0  hash of the name
 *  n+1  words of the whole node, its answers included
 *  n+2  NodeKind
 *  n+3  zone ordinal
 *  n+4  octets of the name
 *  n+5  number of sets
 *  n+6  TTL of pools' answers in seconds: NodeKind.POOLS, that of the zone; NodeKind.POOL, the longest its members allow;
 *       of other kinds, where a load balancer answers for addresses, the offset of two words from n: its programs
 *       (steering/layout.ts) for A and for AAAA, as offsets from n; 0: none does
 *  n+7  the ordinal under which queries for a pool, or for a load balancer, are counted (counters.ts); 0: with those of all others
 *  n+8  the name; then sets: (type, offset of the answer from n), two words each; then the answers
 * ```
 * The name's octets end where its words end, so that names can be compared by words from their ends on. The name of a pool's
 * node is its label alone, without the root, and its records' owner is the question, in whatever zone.
 *
 * Answer, at word `a`:
 * ```
 *  a+0  octets of its records
 *  a+1  kept for octets of signatures
 *  a+2  records of each section: answer in bits 0 to 7, authority in 8 to 15, additional in 16 to 31; only where all records are answered
 *  a+3  Selection
 *  a+4  units: how many of the first records are selected from, all of one size; Selection.NUMBERED: the zone's ordinal
 *  a+5  octets of a unit; Selection.NUMBERED: where the serial is, in octets from the first record
 *  a+6  sum of the weights (Selection.PICK, Selection.HASH)
 *  a+7  number of fix-ups
 *  a+8  number of RRsets
 *  a+9  kept for fix-ups of signatures
 *  a+10 octets of the records, padded; then fix-ups, one word each; RRsets, two words each; cumulative weights, one word
 *       each; of a Selection.WINDOW, which has no fix-ups, a window instead of each RRset
 * ```
 * Records are laid out for a question that is exactly the node's name, so that they can be copied as they are. A
 * fix-up says where a compression pointer is and what it means, for a name that is elsewhere: upper half the
 * position, lower half how many octets before the end of the name it points (OWNER: to the owner itself). The first word of
 * an RRset has its octets in the lower half, its records in bits 16 to 29 and its section in bits 30 and 31; the second is
 * kept for its signatures.
 *
 * Window (one RRset of a Selection.WINDOW), at word `w`:
 * ```
 *  w+0  records of the RRset
 *  w+1  its section
 *  w+2  what a fix-up of its records would say of their owner; IN_FULL: they have no pointer
 *  w+3  how many of its records an answer has
 *  w+4  kept for its signatures
 *  w+5  the number, from 1, of the record of the first window without which an answer has none of it; 0: there is none such
 *  w+6  where each record begins, and where the last one ends, in octets from the first record of the answer
 * ```
 */
export const NodeField = {
  HASH: 0,
  WORDS: 1,
  KIND: 2,
  ZONE: 3,
  NAME_OCTETS: 4,
  SETS: 5,
  POOL_TTL: 6,
  PROGRAMS: 6,
  COUNTED: 7,
} as const;
/** Words of a node before its name. */
export const NODE_WORDS = 8;
/** Words of a set: its type and where its answer is. */
export const SET_WORDS = 2;

/**
 * The number of this layout. It rises with each change of the layout or of the hash of names (dns/name-hash.ts), so
 * that saved answers of another layout are not read.
 */
export const LAYOUT = 18;

/** Where a zone's fields are, in words from its first. */
export const ZoneField = {
  /** The arena offset of its negative answer. */
  NEGATIVE: 0,
  /** The serial of its SOA. */
  SERIAL: 1,
} as const;
/** Words of a zone. */
export const ZONE_WORDS = 2;
/**
 * Zones a table can hold: those that are served, and as many that replace them, since new zones are written before old
 * ones are removed.
 */
export const ZONES_MAX = 8192;

/** Where an answer's fields are, in words from its start. */
export const AnswerField = {
  OCTETS: 0,
  COUNTS: 2,
  SELECTION: 3,
  UNITS: 4,
  UNIT_OCTETS: 5,
  /** Of a Selection.NUMBERED, in the place of units. */
  ZONE: 4,
  SERIAL_AT: 5,
  WEIGHT: 6,
  FIXUPS: 7,
  RRSETS: 8,
} as const;
/** Words of an answer before its records. */
export const ANSWER_WORDS = 10;
/** Words of an RRset. */
export const RRSET_WORDS = 2;

/** Where a window's fields are, in words from its start. */
export const WindowField = { RECORDS: 0, SECTION: 1, OWNER_DISTANCE: 2, ANSWERED: 3, OF: 5 } as const;
/** Words of a window before the places of its records. */
export const WINDOW_WORDS = 6;

/** What a node is, in NodeField.KIND. */
export const NodeKind = {
  /** Has records, or none (an empty non-terminal). */
  DATA: 0,
  /** Its only set is a CNAME (RFC 1034 §3.6.2). */
  ALIAS: 1,
  /** A zone cut: its only answer is the referral (RFC 1034 §4.3.2 3b). */
  CUT: 2,
  /** A pool that exists, and what it has is not known: it has no answer. */
  UNREAD: 3,
  /** The name below which every pool answers at its label. It has no records itself. */
  POOLS: 4,
  /** A pool, whose name is its label. */
  POOL: 5,
  /** Right below the name of pools, so that a pool may answer for addresses here. Has records of other types, or none. */
  AT_POOL: 6,
  /** Has a DNAME, so that each name below it stands for another name (RFC 6672 §2.2). */
  DNAME: 7,
  /** Has a set FLATTENED_CNAME, whose target's addresses are its own. */
  FLATTENED: 8,
} as const;

/** Which records of an answer one message has, and in which order. */
export const Selection = {
  /** Always the same. */
  FIXED: 0,
  /** All units, starting with each equally often. */
  ROTATE: 1,
  /** One unit, drawn by weight. */
  PICK: 2,
  /** As many records of each RRset as its window says, starting with each record equally often. */
  WINDOW: 3,
  /** The SOA alone, with the serial that its zone has now. */
  NUMBERED: 4,
  /** One unit, chosen by the client's address and the weights. */
  HASH: 5,
  /** Always the same, but for hints without a value, which targets/hints.ts fills with addresses. */
  HINTED: 6,
} as const;

/** Where a record is in a message. */
export const Section = { ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 2 } as const;
export type Section = (typeof Section)[keyof typeof Section];

/** The fix-up distance that means: the owner name, wherever it is. */
export const OWNER = 0;

/** The owner distance of an RRset whose records have their owners in full. */
export const IN_FULL = -1;

/** An index slot whose node was removed. */
export const REMOVED = -1;

/** Returns the number of words that hold these octets. */
export function wordsFor(octets: number): number {
  return (octets + 3) >> 2;
}

/** The octet at which a word begins. A shift would overflow where the arena has more than 2 GiB. */
export function octetOf(word: number): number {
  return word * 4;
}

/** Returns the word behind a node's name of `octets` octets, where its sets begin. */
export function nameEnd(node: number, octets: number): number {
  return node + NODE_WORDS + wordsFor(octets);
}

/** The word of a zone's field. */
export function zoneWord(ordinal: number, field: number): number {
  return ZONE_WORDS * ordinal + field;
}

/** The answer that a node has for a type; 0: none. */
export function answerOf(words: Int32Array, node: number, type: number): number {
  let set = nameEnd(node, words[node + NodeField.NAME_OCTETS]!);
  for (let left = words[node + NodeField.SETS]!; left > 0; left -= 1, set += SET_WORDS)
    if (words[set] === type) return node + words[set + 1]!;
  return 0;
}

/** The first answer of a node; 0: it has none. */
export function firstAnswer(words: Int32Array, node: number): number {
  if (words[node + NodeField.SETS] === 0) return 0;
  return node + words[nameEnd(node, words[node + NodeField.NAME_OCTETS]!) + 1]!;
}

/** The word at which the records of an answer begin. */
export function recordsAt(answer: number): number {
  return answer + ANSWER_WORDS;
}

/** The word of an answer's first fix-up; of a Selection.WINDOW, of its first window. */
export function fixupsAt(words: Int32Array, answer: number): number {
  return answer + ANSWER_WORDS + wordsFor(words[answer + AnswerField.OCTETS]!);
}

/** The word of an answer's first RRset; a Selection.WINDOW has none. */
export function rrsetsAt(words: Int32Array, answer: number): number {
  return fixupsAt(words, answer) + words[answer + AnswerField.FIXUPS]!;
}

/** The word of the first cumulative weight of a Selection.PICK or Selection.HASH. */
export function weightsAt(words: Int32Array, answer: number): number {
  return rrsetsAt(words, answer) + RRSET_WORDS * words[answer + AnswerField.RRSETS]!;
}

/** Makes a fix-up: at `position` of the records, a pointer to `distance` octets before the end of the name. */
export function packFixup(position: number, distance: number): number {
  return (position << 16) | distance;
}

/** Where the pointer of a fix-up is in the records. */
export function fixupPosition(fixup: number): number {
  return fixup >>> 16;
}

/** How many octets before the end of the name the pointer of a fix-up points; OWNER: to the owner itself. */
export function fixupDistance(fixup: number): number {
  return fixup & 0xffff;
}

/** Makes the first word of an RRset. */
export function packRRset(octets: number, records: number, section: Section): number {
  return octets | (records << 16) | (section << 30);
}

/** Octets of an RRset, of its first word. */
export function rrsetOctets(rrset: number): number {
  return rrset & 0xffff;
}

/** Records of an RRset, of its first word. */
export function rrsetRecords(rrset: number): number {
  return (rrset >>> 16) & 0x3fff;
}

/** The section of an RRset, of its first word. */
export function rrsetSection(rrset: number): number {
  return rrset >>> 30;
}

/** Makes AnswerField.COUNTS of the records in each section. */
export function packCounts(answer: number, authority: number, additional: number): number {
  return answer | (authority << 8) | (additional << 16);
}

/** Records in the answer section, of AnswerField.COUNTS. */
export function answerCount(counts: number): number {
  return counts & 0xff;
}

/** Records in the authority section, of AnswerField.COUNTS. */
export function authorityCount(counts: number): number {
  return (counts >>> 8) & 0xff;
}

/** Records in the additional section, of AnswerField.COUNTS. */
export function additionalCount(counts: number): number {
  return counts >>> 16;
}
