import { expect, test } from 'vitest';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import {
  createUncheckedPoolsLog,
  NO_WORKERS_MS,
  UNWATCHED_MS,
} from '../../../src/serve/alarm/unchecked-pools-log.ts';
import { makePool } from '../../probe/checks.ts';

const worker = (id: string, isAbstaining = false) => ({
  id,
  region: 'WEU',
  startedAtMs: 0,
  ...(isAbstaining ? { isAbstaining } : {}),
});

function start() {
  const said: [string, object][] = [];
  const note = (level: string) => (fields: object) => void said.push([level, fields]);
  let nowMs = 0;
  const watchers = createUncheckedPoolsLog(
    createAlarms({ info: note('info'), warn: note('warn'), error: note('error') }),
    () => nowMs,
  );
  return { said, look: watchers.look, pass: (ms: number) => void (nowMs += ms) };
}

test('one alarm is logged when no worker votes, and one line when a worker votes again', () => {
  const { said, look, pass } = start();
  const pools = [makePool()];
  look(pools, 1, []);
  pass(NO_WORKERS_MS - 1);
  look(pools, 1, []);
  expect(said).toEqual([]);
  pass(1);
  // Who abstains has nothing to say.
  for (let i = 0; i < 3; i++) look(pools, 1, [worker('a', true)]);
  expect(said).toEqual([['error', { abstaining: 1 }]]);
  for (let i = 0; i < 3; i++) look(pools, 1, [worker('a')]);
  expect(said.slice(1)).toEqual([['info', { workers: 1 }]]);
});

test('without monitored pools no missing worker is reported', () => {
  const { said, look, pass } = start();
  for (let i = 0; i < 3; i++) {
    look([makePool({ monitor: null })], 1, []);
    pass(NO_WORKERS_MS);
  }
  expect(said).toEqual([]);
});

test('pools that no live region checks are logged once, and once more when there are none', () => {
  const { said, look, pass } = start();
  const away = makePool({ name: 'away', checkRegions: ['OC'] });
  look([makePool(), away], 1, [worker('a')]);
  pass(UNWATCHED_MS);
  look([makePool(), away], 1, [worker('a')]);
  look([makePool(), away], 2, [worker('a'), worker('b')]);
  expect(said).toEqual([['warn', { pools: ['away'], count: 1, regions: ['WEU'] }]]);
  look([makePool()], 3, [worker('a')]);
  look([makePool()], 4, [worker('a')]);
  expect(said.slice(1)).toEqual([['info', {}]]);
});

test('pools whose only worker restarts are not logged, beside one that no region checks', () => {
  const { said, look, pass } = start();
  const away = makePool({ name: 'away', checkRegions: ['OC'] });
  const own = makePool({ name: 'own', checkRegions: ['ENAM'] });
  const other = { ...worker('b'), region: 'ENAM' };
  const pools = [away, own];
  look(pools, 1, [worker('a'), other]);
  pass(UNWATCHED_MS);
  look(pools, 1, [worker('a'), other]);
  expect(said).toHaveLength(1);
  look(pools, 1, [worker('a')]);
  pass(UNWATCHED_MS - 1);
  look(pools, 2, [worker('a')]);
  look(pools, 2, [worker('a'), other]);
  pass(UNWATCHED_MS);
  look(pools, 2, [worker('a'), other]);
  expect(said).toHaveLength(1);
  look(pools, 2, [worker('a')]);
  pass(UNWATCHED_MS);
  look(pools, 2, [worker('a')]);
  expect(said.slice(1)).toEqual([['warn', { pools: ['away', 'own'], count: 2, regions: ['WEU'] }]]);
});
