import { randomUUID } from 'node:crypto';

/** Characters of base64url that make a link. */
const LINK_LENGTH = 16;
/** Digits, to base 36, of the second in which a history began, and random characters after them. */
const BEGUN_DIGITS = 7;
const RANDOM_LENGTH = 8;

/**
 * A name for a store's history that no other history has: 16 characters of base64url, which begin with the time. Every commit brings
 * one, should the store be empty.
 */
export function newEpoch(): string {
  const seconds = Math.floor(Date.now() / 1_000);
  return `${seconds.toString(36).padStart(BEGUN_DIGITS, '0')}_${randomText(RANDOM_LENGTH)}`;
}

/** The second in which a history began, since 1970; 0: its name does not say so. */
export function begunSecondsOf(epoch: string): number {
  const [, begun] = /^([0-9a-z]{7})_/.exec(epoch) ?? [];
  return begun === undefined ? 0 : Number.parseInt(begun, 36);
}

/** The loss of a store that has documents but no epoch. */
export const NAME_LOST = 'the name of its history (epoch) is missing';

/** Makes a link: it distinguishes a revision from the same revision of any other history. */
export function newLink(): string {
  return randomText(LINK_LENGTH);
}

/** Random characters of base64url, four for each three octets. A UUID is made of random octets that were drawn for many at once. */
function randomText(length: 8 | 16): string {
  const digits = (length / 4) * 3 * 2;
  return Buffer.from(randomUUID().replaceAll('-', '').slice(-digits), 'hex').toString('base64url');
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
