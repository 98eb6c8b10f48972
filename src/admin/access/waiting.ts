import { createShares, type Shares } from './shares.ts';

/** Maximum number of requests that wait, for events and for revisions together. Each open page of the dashboard is one. */
export const WAITING_MAX = 200;
/** Of these, the maximum of one token without scope admin, and those that are reserved for scope admin. */
export const WAITING_PER_TOKEN_MAX = 50;
export const WAITING_RESERVED = 40;

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
