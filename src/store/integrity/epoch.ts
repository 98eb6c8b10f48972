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

/** The loss of a store that has documents but no epoch. */
export const NAME_LOST = 'the name of its history (epoch) is missing';

/** Makes a link: it distinguishes a revision from the same revision of any other history. */
export function newLink(): string {
  return newEpoch();
}

/** Serials of zones begin at least this far above those of the history before. */
const BASE_STEP = 2 ** 20;
/** 2020 began then, seconds since the epoch: seconds from then on are below half of all serials until 2088. */
const SINCE_SECONDS = 1_577_836_800;

/**
 * A name for a history that takes the place of another one by a person's decision. Serials of zones in it begin above
 * those of the history before, whatever that had come to (see serialBaseOf).
 */
export function newDecidedEpoch(before: string, epochMs: number): string {
  const seconds = Math.floor(epochMs / 1_000) - SINCE_SECONDS;
  return `${newEpoch()}s${Math.max(seconds, serialBaseOf(before) + BASE_STEP).toString(36)}`;
}

/** Whether an epoch is one that took the place of another by a person's decision. */
export function isDecidedEpoch(epoch: string): boolean {
  return serialBaseOf(epoch) > 0;
}

/** Returns what is added to the revisions of a history to make serials of zones: 0 unless a person decided for it. */
export function serialBaseOf(epoch: string): number {
  const [, base] = /^[\w-]{16}s([0-9a-z]{1,7})$/.exec(epoch) ?? [];
  return base === undefined ? 0 : Number.parseInt(base, 36);
}
