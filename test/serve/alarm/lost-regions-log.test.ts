import { expect, test } from 'vitest';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createLostRegionsLog, REGION_MISSED_MS } from '../../../src/serve/alarm/lost-regions-log.ts';
import { NO_WORKERS_MS } from '../../../src/serve/alarm/unchecked-pools-log.ts';

const worker = (region: string) => ({ id: region, region, startedAtMs: 0 });

function start() {
  const quiet = () => {};
  const alarms = createAlarms({ info: quiet, warn: quiet, error: quiet });
  const log = createLostRegionsLog(alarms);
  return (silentMs: Record<string, number>, ...live: string[]) => {
    log.look(new Map(Object.entries(silentMs)), live.map(worker));
    return [...alarms.raised.values()].map(({ alarm, about, region }) => [alarm, about, region]);
  };
}

test('a region without live workers is an alarm until one is live again', () => {
  const raised = start();
  expect(raised({ WEU: 0, ENAM: NO_WORKERS_MS - 1 }, 'WEU')).toEqual([]);
  expect(raised({ WEU: 0, ENAM: NO_WORKERS_MS }, 'WEU')).toEqual([['region_lost', 'ENAM', 'ENAM']]);
  // While no region has any the alarm about that says more, and this one stays.
  expect(raised({ WEU: NO_WORKERS_MS, ENAM: NO_WORKERS_MS })).toEqual([['region_lost', 'ENAM', 'ENAM']]);
  expect(raised({ WEU: NO_WORKERS_MS, ENAM: 0 }, 'ENAM')).toEqual([['region_lost', 'WEU', 'WEU']]);
  expect(raised({ WEU: 0, ENAM: 0 }, 'ENAM', 'WEU')).toEqual([]);
});

test('a region that is missing for a day, or is forgotten, is no alarm any more', () => {
  const raised = start();
  expect(raised({ WEU: 0, ENAM: REGION_MISSED_MS - 1, OC: NO_WORKERS_MS }, 'WEU')).toHaveLength(2);
  expect(raised({ WEU: 0, ENAM: REGION_MISSED_MS }, 'WEU')).toEqual([]);
});
