import { createShares, type Shares } from './shares.ts';

/** Requests that may wait at a time, for events and for revisions together. */
export const WAITING_MAX = 100;
/** Of these, of one token that is not an admin's; and kept for those that are. */
export const WAITING_PER_TOKEN_MAX = 25;
export const WAITING_RESERVED = 20;

/** Counts the requests that wait. */
export function createWaiting(): Shares {
  return createShares({
    what: 'requests that wait for events or revisions',
    total: WAITING_MAX,
    perToken: WAITING_PER_TOKEN_MAX,
    reserved: WAITING_RESERVED,
    error: 'tooManyWaiting',
  });
}
