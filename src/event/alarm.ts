import type { Alarm } from './event.ts';

/** Maximum number of pools that one alarm names, in events and in notifications. */
export const ALARM_POOLS_MAX = 10;

/** Texts of log lines and events when an alarm is raised and when it is over, without the final stop. */
export const ALARM_TEXTS: Readonly<Record<Alarm, { readonly raised: string; readonly over: string }>> = {
  mass_failure: {
    raised:
      'Mass failure: many checks of one region fail at once. Lifeguard keeps these endpoints in answers until their next check fails as well',
    over: 'Mass failure is over: the checks of the region decide again',
  },
  flapping: {
    raised:
      'Flapping: the health changes too often. Lifeguard keeps the endpoint out of answers, whatever its checks find',
    over: 'Flapping is over: the checks decide again',
  },
  all_down: {
    raised: 'No member of the pool is healthy. Its answers have others',
    over: 'The answers of the pool have no unhealthy members any more',
  },
  no_workers: {
    raised: 'No worker is live, or all abstain. The last verdicts stay in force',
    over: 'Workers are live and vote again',
  },
  region_lost: {
    raised: 'No worker of this region is live any more. Workers of other regions decide alone',
    over: 'The region has a live worker again, or nobody missed it for a day',
  },
  node_lost: {
    raised: 'A server is gone without saying goodbye: it died, or cannot reach the store',
    over: 'The server is back, or nobody missed it for an hour',
  },
  nodes_differ: {
    raised: 'Servers differ in what they must have in common, so their answers may differ',
    over: 'The servers have this in common again',
  },
  unwatched_pools: {
    raised:
      'No worker checks these pools, because none is in any of their check_regions. Their last verdicts stay in force',
    over: 'Every pool has a worker in its check_regions again',
  },
  certificate: {
    raised: 'The certificate of an endpoint ends soon or has ended',
    over: 'The certificate of the endpoint no longer ends soon',
  },
  store_away: {
    raised: 'The store was away. Answers stayed as they were',
    over: 'The store is back',
  },
  store_refuses: {
    raised:
      'The store refuses writes or reads. Answers and verdicts stay as they are until it takes them again',
    over: 'The store takes writes and reads again',
  },
  store_evicts: {
    raised: 'Redis may throw away configuration when it is full. Set its maxmemory-policy to noeviction',
    over: 'Redis no longer throws away configuration when it is full',
  },
  store_set_back: {
    raised:
      'The store went back in time, or is another than it was. The last good state stays in force until a person decides: restore the store, or run "lifeguard store adopt"',
    over: 'The store can be trusted again. Lifeguard serves its configuration',
  },
  store_emptied: {
    raised: 'The store is empty but was not before. Lifeguard serves the last good state',
    over: 'The store has a configuration again. Lifeguard serves it',
  },
  store_damaged: {
    raised:
      'The store is damaged. The last good value of what it lost, or of what cannot be read, stays in force. "lifeguard store check" lists it',
    over: 'The store is not damaged any more',
  },
  notifications_lost: {
    raised: 'Events were deleted before this destination was notified of them',
    over: 'The destination is notified of events again',
  },
  geo_database: {
    raised: 'A geo database cannot be used. Clients are located by the last one that could, if any',
    over: 'The geo database can be used. Clients are located by it',
  },
  bad_configuration: {
    raised: 'The configuration cannot be reloaded, because it has problems. The settings stay as they were',
    over: 'The configuration has no problems any more. Its settings are in force',
  },
  unserved_zones: {
    raised:
      'Zones of the store are not served, and their names get no answer of theirs. All others are served',
    over: 'Every zone of the store is served',
  },
};
