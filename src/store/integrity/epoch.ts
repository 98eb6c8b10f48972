import { randomUUID } from 'node:crypto';

/** Hex digits of a UUID that make a name: 12 octets, of which 90 bits are random. */
const DIGITS = 24;

/**
 * A name for a store's history that no other history has: 16 characters of base64url. Every commit brings one, should the
 * store be empty; a UUID is made of random octets that were drawn for many at once.
 */
export function newEpoch(): string {
  return Buffer.from(randomUUID().replaceAll('-', '').slice(-DIGITS), 'hex').toString('base64url');
}

/** What tells a revision from the same revision of any other history. */
export function newLink(): string {
  return newEpoch();
}
