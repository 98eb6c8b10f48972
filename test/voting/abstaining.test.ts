import { expect, test } from 'vitest';
import { mustAbstain } from '../../src/voting/abstaining.ts';

test.each([
  { reached: '', abstains: false, rule: 'design §6: a worker without reference targets never abstains' },
  { reached: '+', abstains: false, rule: 'design §6: the reference target answers' },
  { reached: '-', abstains: true, rule: 'design §6: the only reference target fails' },
  { reached: '+-', abstains: false, rule: 'half of the targets may fail' },
  { reached: '++-', abstains: false, rule: 'one of three targets fails' },
  { reached: '+--', abstains: true, rule: 'more than half of the targets fail' },
  { reached: '++--', abstains: false, rule: 'half of the targets may fail' },
  { reached: '----', abstains: true, rule: 'all targets fail' },
  { reached: '+?', abstains: false, rule: 'half of the targets may fail, so one answer decides' },
  { reached: '-?', abstains: undefined, rule: 'one of two targets may fail, so the second decides' },
  { reached: '--??', abstains: undefined, rule: 'the two others may still answer' },
  { reached: '---?', abstains: true, rule: 'more than half fail, whatever the last one answers' },
  { reached: '??', abstains: undefined, rule: 'no target has answered yet' },
])('targets [$reached]: abstains $abstains ($rule)', ({ reached, abstains }) => {
  const known = [...reached].filter((sign) => sign !== '?').map((sign) => sign === '+');
  expect(mustAbstain(known, reached.length)).toBe(abstains);
});
