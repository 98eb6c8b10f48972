import type { Alarm } from './event.ts';

/** What the log and the events say when an alarm is raised, and when it is over. */
export const ALARM_TEXTS: Readonly<Record<Alarm, { readonly raised: string; readonly over: string }>> = {
  mass_failure: {
    raised:
      'mass failure: too much turned unhealthy in one region at a time. What did waits for its next check to fail, too',
    over: 'mass failure over: nothing is held back in the region any more',
  },
  flapping: {
    raised: 'flapping: held out, whatever its checks say',
    over: 'flapping: held out no longer',
  },
  no_workers: {
    raised: 'no worker is live, or all abstain: the last verdicts hold',
    over: 'workers are there again: verdicts are no longer held',
  },
  unwatched_pools: {
    raised: 'nobody checks these pools: no worker is in any of their check_regions. Their verdicts hold',
    over: 'there are workers for all check_regions of pools again',
  },
  certificate: {
    raised: 'a certificate ends soon or has ended',
    over: 'the certificate no longer ends soon',
  },
  store_away: {
    raised: 'the store was away: answers stayed as they were',
    over: 'the store is there again',
  },
  store_refuses: {
    raised: 'The store refuses writes. Answers and verdicts stay as they are until it takes them again',
    over: 'The store takes writes again',
  },
  store_evicts: {
    raised: 'Redis may throw away configuration when it is full. Set its maxmemory-policy to noeviction',
    over: 'Redis keeps what it was given when it is full',
  },
  store_set_back: {
    raised:
      'The store went back in time, or is another than it was. The last good state stays in force until a person decides: restore the store, or run "lifeguard store adopt"',
    over: 'The store is believed again: what it has is served',
  },
  store_emptied: {
    raised: 'the store is empty but was not: serving the last good state',
    over: 'the store is configured again: what it has is served',
  },
  store_damaged: {
    raised:
      'The store is damaged. The last good value of what it lost, or of what cannot be read, stays in force. "lifeguard store check" says what it is',
    over: 'The store is not damaged any more',
  },
  notifications_lost: {
    raised: 'events were forgotten before they were notified',
    over: 'what there is to notify is kept again',
  },
};
