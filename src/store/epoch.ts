import { randomBytes } from 'node:crypto';

/** A name for a store's history that no other history has: 16 characters of base64url. */
export function newEpoch(): string {
  return randomBytes(12).toString('base64url');
}
