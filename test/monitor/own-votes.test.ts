import { expect, test } from 'vitest';
import type { CheckKey } from '../../src/check/check.ts';
import { createOwnVotes, FAULTS_MAX } from '../../src/monitor/own-votes.ts';
import { makeMonitor } from '../probe/checks.ts';

const CHECK = 'check' as CheckKey;
const MONITOR = makeMonitor({ intervalSeconds: 5, timeoutSeconds: 1, retries: 0 });
const often = (times: number, ask: () => boolean) => Array.from({ length: times }, ask).at(-1);

test('a worker loses its vote on a check exactly after FAULTS_MAX faults in a row', () => {
  const say = createOwnVotes();
  expect(often(FAULTS_MAX - 1, () => say.failed(CHECK))).toBe(false);
  say.taken(CHECK);
  expect(often(FAULTS_MAX - 1, () => say.failed(CHECK))).toBe(false);
  expect(say.failed(CHECK)).toBe(true);
});

test('an ended check does not count as silent while its result waits to be taken in', () => {
  const say = createOwnVotes();
  const due = () => say.due(CHECK, MONITOR);
  say.ended(CHECK);
  expect(often(10, due)).toBe(false);
  say.settled(CHECK);
  expect(often(3, due)).toBe(false);
  expect(due()).toBe(true);
});

test('a worker loses its vote on a check when it is due the fourth time without having ended', () => {
  const say = createOwnVotes();
  const due = () => say.due(CHECK, MONITOR);
  expect(often(3, due)).toBe(false);
  say.ended(CHECK);
  say.settled(CHECK);
  expect(often(3, due)).toBe(false);
  expect(due()).toBe(true);
  say.forget(CHECK);
  expect(due()).toBe(false);
});
