import { Counter, LIMITED_DROPPED, LIMITED_DRY, LIMITED_SLIPPED } from '../../answer/counters.ts';

/** Metrics that sum up all threads: the help text, and where each is counted. */
export const COUNTS = {
  unanswered: ['Packets that were not answered: too short, or responses', Counter.SILENT],
  malformed: ['Queries answered FORMERR', Counter.MALFORMED],
  truncated: ['Answers cut short with TC', Counter.TRUNCATED],
  edns: ['Queries with EDNS', Counter.EDNS],
  client_subnet: ['Queries with a client subnet', Counter.SUBNET],
  failed: ['Queries answered SERVFAIL by a fault of ours', Counter.FAILED],
  misproxied: [
    'Queries by UDP, and connections, of proxies that were dropped: no PROXY protocol header of version 2',
    Counter.MISPROXIED,
  ],
  unsent: ['Answers by UDP that the system did not take, or had no room for in time', Counter.UNSENT],
} as const;
/** Metrics of each thread. */
export const BY_THREAD = {
  unanswered: Counter.SILENT,
  malformed: Counter.MALFORMED,
  truncated: Counter.TRUNCATED,
  failed: Counter.FAILED,
  unsent: Counter.UNSENT,
} as const;
/** What became of answers over a limit; for each thread, both limits together. */
/** What became of answers over the rate limit. */
export const LIMITED = { dropped: LIMITED_DROPPED, slipped: LIMITED_SLIPPED, dry_run: LIMITED_DRY } as const;
/** What server cookies of queries were. */
export const COOKIES = { valid: Counter.COOKIE_VALID, other: Counter.COOKIE_OTHER } as const;
