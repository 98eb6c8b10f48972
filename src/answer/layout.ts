/**
 * How names and their answers lie in shared memory. Everything is counted in 32-bit words, each field one word, so
 * that a reader loads it with one aligned access; record octets follow in whole words.
 *
 * Index: pairs of words, (hash, offset of a node in the arena). Offset 0: the slot was never used, a search ends here;
 * REMOVED: it was, go on.
 *
 * Node, at word `n`:
 * ```
 *  n+0  hash of the name
 *  n+1  words of the whole node, its answers included
 *  n+2  NodeKind
 *  n+3  zone ordinal
 *  n+4  octets of the name
 *  n+5  number of sets
 *  n+6  sets: (type, offset of the answer from n), two words each; then the name's octets; then the answers
 * ```
 * Answer, at word `a`:
 * ```
 *  a+0  octets of its records
 *  a+1  records in the answer section
 *  a+2  records in the authority section
 *  a+3  records in the additional section
 *  a+4  Vary
 *  a+5  units: how many of the first records vary, all of one size
 *  a+6  octets of a unit
 *  a+7  sum of the weights (Vary.PICK)
 *  a+8  number of fix-ups
 *  a+9  number of cuts
 *  a+10 octets of the records, padded; then fix-ups, cuts, cumulative weights, one word each;
 *       of a Vary.WINDOW, which has no fix-ups, a window instead of each cut
 * ```
 * Records are laid out for a question that is exactly the node's name, so that they can be copied as they are. A
 * fix-up says where a compression pointer stands and what it means, for a name that stands elsewhere: upper half the
 * position, lower half how many octets before the end of the name it points (OWNER: to the owner itself). A cut is
 * one RRset: octets in the lower half, records in bits 16 to 29, section in bits 30 and 31.
 *
 * Window (one RRset of a Vary.WINDOW), at word `w`:
 * ```
 *  w+0  records of the RRset
 *  w+1  its section
 *  w+2  what a fix-up of its records would say of their owner; IN_FULL: they have no pointer
 *  w+3  where each record begins, and where the last one ends, in octets from the first record of the answer
 * ```
 */
export const NodeField = { HASH: 0, WORDS: 1, KIND: 2, ZONE: 3, NAME_OCTETS: 4, SETS: 5 } as const;
export const NODE_WORDS = 6;

/** Raised whenever any of this, or how names are hashed (dns/name-hash.ts), is another: what was kept before means nothing then. */
export const LAYOUT = 2;

/** Where an answer's fields stand, in words from its start. */
export const AnswerField = {
  OCTETS: 0,
  ANCOUNT: 1,
  NSCOUNT: 2,
  ARCOUNT: 3,
  VARY: 4,
  UNITS: 5,
  UNIT_OCTETS: 6,
  WEIGHT: 7,
  FIXUPS: 8,
  CUTS: 9,
} as const;
/** Words of an answer before its records. */
export const ANSWER_WORDS = 10;

/** Where a window's fields stand, in words from its start. */
export const WindowField = { RECORDS: 0, SECTION: 1, OWNER_DISTANCE: 2 } as const;
/** Words of a window before the places of its records. */
export const WINDOW_WORDS = 3;

/** What a node is, in NodeField.KIND. */
export const NodeKind = {
  /** Has records, or none (an empty non-terminal). */
  DATA: 0,
  /** Its only set is a CNAME (RFC 1034 §3.6.2). */
  ALIAS: 1,
  /** A zone cut: its only answer is the referral (RFC 1034 §4.3.2 3b). */
  CUT: 2,
} as const;

/** How an answer differs from one query to the next. */
export const Vary = {
  /** Always the same. */
  FIXED: 0,
  /** All units, starting with each equally often. */
  ROTATE: 1,
  /** One unit, drawn by weight. */
  PICK: 2,
  /** Of each RRset with more than ANSWERED_RECORDS_MAX records so many of them, starting with each equally often; other RRsets whole. */
  WINDOW: 3,
} as const;

/** The fix-up distance that means: the owner name, wherever it stands. */
export const OWNER = 0;

/** The owner distance of an RRset whose records have their owners in full. */
export const IN_FULL = -1;

/** An index slot whose node was removed. */
export const REMOVED = -1;

/** Whole words that hold so many octets. */
export function wordsFor(octets: number): number {
  return (octets + 3) >> 2;
}
