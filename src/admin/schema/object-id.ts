import { randomBytes } from 'node:crypto';

const OBJECT_ID = /^[0-9a-f]{32}$/;

/** A new identifier: 32 lower-case hex digits, 128 bits of chance. */
export function newObjectId(): string {
  return randomBytes(16).toString('hex');
}

/** Returns true for a text in the form of an identifier. */
export function isObjectId(text: string): boolean {
  return OBJECT_ID.test(text);
}
