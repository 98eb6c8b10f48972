import { expect, test } from 'vitest';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createUnservedZonesLog, UNSERVED_NAMED_MAX } from '../../../src/serve/alarm/unserved-zones-log.ts';

const unserved = (count: number) =>
  new Map(
    Array.from({ length: count }, (_, i) => {
      const id = String(i).padStart(2, '0');
      return [id, { id, name: `z${id}.example.org`, why: 'exists already' }];
    }),
  );

/** The log with what it said, and the alarm that it raised. */
function logged() {
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  const alarms = createAlarms({ info: note, warn: note, error: note });
  const reason = () => alarms.raised.get('alarm/unserved_zones/')?.reason;
  return { said, log: createUnservedZonesLog(alarms), reason };
}

test('an alarm names the zones of the store that are not served, until all are', () => {
  const { said, log, reason } = logged();
  log.look(unserved(0));
  expect(said).toEqual([]);
  log.look(unserved(1));
  log.look(unserved(1));
  expect(said).toHaveLength(1);
  expect(reason()).toContain('(zone z00.example.org (identifier 00) exists already)');
  log.look(unserved(UNSERVED_NAMED_MAX));
  expect(reason()).toContain('zone z09.example.org');
  expect(reason()).not.toContain('in all');
  log.look(unserved(UNSERVED_NAMED_MAX + 1));
  expect(reason()).not.toContain('zone z10.example.org');
  expect(reason()).toContain('; 11 in all');
  log.look(unserved(0));
  expect(reason()).toBeUndefined();
  expect(said.at(-1)).toBe('Every zone of the store is served');
});
