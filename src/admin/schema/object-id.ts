import { randomBytes } from 'node:crypto';

const OBJECT_ID = /^[0-9a-f]{32}$/;
/** Octets of an identifier. */
const OCTETS = 16;
/** Identifiers that are drawn at once: to draw one takes as long as to draw hundreds, and an import needs 100,000. */
const DRAWN = 256;

let drawn: Buffer = Buffer.alloc(0);

/** A new identifier: 32 lower-case hex digits, 128 bits of chance. */
export function newObjectId(): string {
  if (drawn.length === 0) drawn = randomBytes(DRAWN * OCTETS);
  const id = drawn.toString('hex', 0, OCTETS);
  drawn = drawn.subarray(OCTETS);
  return id;
}

/** Octets of chance that the identifiers of one request share; a number follows them. */
const SHARED_OCTETS = 12;
const NUMBER_DIGITS = 2 * (OCTETS - SHARED_OCTETS);

/**
 * Creates a source of identifiers for objects that are made together: they differ in a number alone, and ascend. So they lie side by
 * side in a store, where 1,000 identifiers drawn by chance would touch 1,000 pages.
 */
export function createObjectIds(): () => string {
  const shared = newObjectId().slice(0, 2 * SHARED_OCTETS);
  let number = 0;
  return () => {
    const id = shared + number.toString(16).padStart(NUMBER_DIGITS, '0');
    number += 1;
    return id;
  };
}

/** Returns true for a text in the form of an identifier. */
export function isObjectId(text: string): boolean {
  return OBJECT_ID.test(text);
}
