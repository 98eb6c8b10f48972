import { expect, test } from 'vitest';
import { alarmReports, type RaisedAlarm } from '../../src/event/transitions.ts';

test('an alarm with another cause was taken for the raised alarm', () => {
  const refuses = (cause?: string): RaisedAlarm => ({
    kind: 'alarm',
    alarm: 'store_refuses',
    about: '',
    pools: [],
    reason: `why ${cause}`,
    sinceMs: 6,
    ...(cause && { cause }),
  });
  const subject = 'alarm/store_refuses/';
  const [begun] = alarmReports(new Map(), new Map([[subject, refuses('full')]]), 7);
  const told = new Map(begun!.put.map((each) => [each.subject, each.state]));
  expect(alarmReports(told, new Map([[subject, refuses('full')]]), 8)).toEqual([]);
  const [other] = alarmReports(told, new Map([[subject, refuses('replica')]]), 8);
  expect(other!.events).toMatchObject([
    { was: 'raised', now: 'quiet' },
    { was: 'quiet', now: 'raised', reason: 'why replica' },
  ]);
  expect(other!.events[1]).not.toHaveProperty('cause');
  expect(other!.put).toMatchObject([{ subject, state: { cause: 'replica' } }]);
  // What a program told that tells no causes is the same alarm, whatever its cause.
  const [old] = alarmReports(new Map(), new Map([[subject, refuses()]]), 7);
  const oldTold = new Map(old!.put.map((each) => [each.subject, each.state]));
  expect(alarmReports(oldTold, new Map([[subject, refuses('replica')]]), 8)).toEqual([]);
});
