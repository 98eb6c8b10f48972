import { createShares, type Shares } from './shares.ts';

/** Maximum number of requests that wait, for events and for revisions together. */
export const WAITING_MAX = 100;
/** Of these, the maximum of one token without scope admin, and those that are reserved for scope admin. */
export const WAITING_PER_TOKEN_MAX = 25;
export const WAITING_RESERVED = 20;

/** Creates the counter of requests that wait. */
export function createWaiting(): Shares {
  return createShares({
    what: 'requests that wait for events or revisions',
    total: WAITING_MAX,
    perToken: WAITING_PER_TOKEN_MAX,
    reserved: WAITING_RESERVED,
    error: 'tooManyWaiting',
  });
}
