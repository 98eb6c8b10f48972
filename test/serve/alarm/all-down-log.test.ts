import { expect, test } from 'vitest';
import { membersAs } from '../../../src/pool/steering/whatever-health.ts';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createAllDownLog } from '../../../src/serve/alarm/all-down-log.ts';
import { createLastHealthy, type LastHealthyOptions } from '../../../src/serve/health/last-healthy.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';

/** A pool of three endpoints, and what answers hold as their health goes on. */
function following(allDown: 'all' | 'last_healthy' | 'nodata', more: Partial<LastHealthyOptions> = {}) {
  const alarms = createAlarms(createLogger({ level: 'silent' }));
  const log = createAllDownLog(alarms, createLastHealthy({ isWanted: () => false, ...more }));
  const endpoints = [1, 2, 3].map((i) => makeEndpoint({ name: `e${i}`, address: `192.0.2.${i}` }));
  const pool = makePool({ name: 'web', monitor: 'a'.repeat(32), allDown, endpoints });
  return {
    alarms,
    log,
    pool,
    /** `healthy`: which endpoints are. */
    become: (healthy: readonly number[], of = pool, isJudged = true) =>
      membersAs(log.published(of, (_, i) => ({ healthy: healthy.includes(i + 1) }), isJudged)).map(
        ({ address }) => Number(address.at(-1)),
      ),
    raised: () => [...alarms.raised.values()].map(({ alarm, pools, cause }) => [alarm, ...pools, cause]),
  };
}

test('the last that were healthy are answered, in the order of their failures, until one is healthy again', () => {
  const { become, raised } = following('last_healthy');
  expect(become([1, 2, 3])).toEqual([1, 2, 3]);
  expect(become([2, 3])).toEqual([2, 3]);
  expect(raised()).toEqual([]);
  expect(become([])).toEqual([2, 3]);
  expect(raised()).toEqual([['all_down', 'web', 'last_healthy']]);
  expect(become([])).toEqual([2, 3]);
  expect(become([1])).toEqual([1]);
  expect(raised()).toEqual([]);
  expect(become([])).toEqual([1]);
});

test('what was healthy last before a restart is answered after it, also before the first results', () => {
  const { id } = makePool({});
  const { become, raised } = following('last_healthy', { known: new Map([[id, new Set(['e3', 'gone'])]]) });
  expect(become([], undefined, false)).toEqual([3]);
  expect(become([])).toEqual([3]);
  expect(raised()).toEqual([['all_down', 'web', 'last_healthy']]);
});

test('what was healthy last is remembered for a load balancer, whatever the pool says itself', () => {
  const { become, log, pool } = following('nodata', { isWanted: () => true });
  become([2]);
  expect(become([])).toEqual([]);
  const { allDown, ...answer } = log.answerOf(pool, () => ({ healthy: false }), 'last_healthy');
  expect([allDown, membersAs(answer).map(({ address }) => address)]).toEqual(['last_healthy', ['192.0.2.2']]);
});

test('what was healthy last is not known without a file of it: all are answered', () => {
  const { become, raised } = following('last_healthy');
  expect(become([])).toEqual([1, 2, 3]);
  expect(raised()).toEqual([['all_down', 'web', 'all']]);
});

test('the alarm ends with the choice, and with the pool', () => {
  const { become, raised, log, pool } = following('all');
  expect(become([])).toEqual([1, 2, 3]);
  expect(raised()).toEqual([['all_down', 'web', 'all']]);
  expect(become([], { ...pool, allDown: 'nodata' })).toEqual([]);
  expect(raised()).toEqual([]);
  become([]);
  expect(raised()).toHaveLength(1);
  log.forget(pool.id);
  expect(raised()).toEqual([]);
});

test('a pool without a result yet is answered without an alarm', () => {
  const { become, raised, pool } = following('all');
  expect(become([], pool, false)).toEqual([1, 2, 3]);
  expect(raised()).toEqual([]);
});

test('no alarm without the choice', () => {
  const { become, raised } = following('nodata');
  expect(become([1])).toEqual([1]);
  expect(become([])).toEqual([]);
  expect(raised()).toEqual([]);
});
