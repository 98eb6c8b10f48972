import * as fromName from '../../dns/name.ts';
import type { Message } from '../message.ts';
import type { Query } from '../query.ts';
import * as fromQuery from '../query.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { foldOctet } = fromName;
const { NAME_END } = fromQuery;

/** Octets that a compression pointer reaches at the most (RFC 1035 §4.1.4). */
export const POINTED_OCTETS_MAX = 0x4000;

/**
 * Returns true where the uncompressed name at octet `at` of a message equals the last `octets` octets of a question's name. A name
 * that is longer or shorter differs at the end of the shorter one.
 */
export function isNameAt({ octets, start }: Message, at: number, { name }: Query, length: number): boolean {
  const first = start + at;
  const from = NAME_END - length;
  let i = 0;
  while (i < length && foldOctet(octets[first + i]!) === name[from + i]) i += 1;
  return i === length;
}
