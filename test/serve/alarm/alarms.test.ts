import { expect, test } from 'vitest';
import { ALARM_TEXTS } from '../../../src/event/alarm.ts';
import { ALARMS_MAX, createAlarms } from '../../../src/serve/alarm/alarms.ts';

test('a raised alarm has the text of its log line as its reason', () => {
  const said: unknown[] = [];
  const note = (level: string) => (fields: object, message: string) =>
    void said.push([level, fields, message]);
  const alarms = createAlarms({ info: note('info'), warn: note('warn'), error: note('error') }, () => 7);
  const { raised, over } = ALARM_TEXTS.mass_failure;
  const alarm = { alarm: 'mass_failure', about: 'eu', region: 'eu', pools: ['web'] } as const;
  alarms.raise(alarm, '5 of 8', { heldBack: 5 });
  expect([...alarms.raised]).toEqual([
    ['alarm/mass_failure/eu', { kind: 'alarm', ...alarm, reason: `${raised} (5 of 8)`, sinceMs: 7 }],
  ]);
  alarms.end('mass_failure', 'eu', { region: 'eu' });
  expect(alarms.raised.size).toBe(0);
  expect(said).toEqual([
    ['error', { heldBack: 5 }, raised],
    ['info', { region: 'eu' }, over],
  ]);
});

test(`${ALARMS_MAX} alarms may be raised, and one more is only logged`, () => {
  let lines = 0;
  const note = () => void (lines += 1);
  const alarms = createAlarms({ info: note, warn: note, error: note });
  for (let i = 0; i <= ALARMS_MAX; i += 1)
    alarms.raise({ alarm: 'flapping', about: String(i), pools: [] }, '', {});
  expect([lines, alarms.raised.size]).toEqual([ALARMS_MAX + 1, ALARMS_MAX]);
  expect(alarms.raised.has(`alarm/flapping/${ALARMS_MAX}`)).toBe(false);
  alarms.end('flapping', String(ALARMS_MAX), {});
  alarms.end('flapping', '0', {});
  alarms.raise({ alarm: 'flapping', about: 'next', pools: [] }, '', {});
  expect(alarms.raised.has('alarm/flapping/next')).toBe(true);
});
