import { expect, test } from 'vitest';
import { parseReported } from '../../../src/store/record/reported-text.ts';

const alarm = (name: unknown) => JSON.stringify({ kind: 'alarm', alarm: name, about: '', pools: [] });

test('an alarm that only a later version knows is passed over, and is no damage', () => {
  const flaws: unknown[] = [];
  const read = (name: unknown) =>
    parseReported(`alarm/${String(name)}/`, alarm(name), (flaw) => void flaws.push(flaw));
  expect(read('of_a_later_version')).toBeUndefined();
  expect(read('no_workers')).toMatchObject({ alarm: 'no_workers' });
  expect(flaws).toEqual([]);
  expect(read(7)).toBeUndefined();
  expect(flaws).toHaveLength(1);
});
