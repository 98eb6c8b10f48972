import { expect, test } from 'vitest';
import { mustAbstain } from '../../src/voting/abstaining.ts';

test.each([
  { reached: '', abstains: false, rule: 'design §6: without reference targets nothing is suspected' },
  { reached: '+', abstains: false, rule: 'design §6: the network is well' },
  { reached: '-', abstains: true, rule: 'design §6: the own reference targets fail' },
  { reached: '+-', abstains: false, rule: 'half of them may fail' },
  { reached: '++-', abstains: false, rule: 'one target down is its own affair' },
  { reached: '+--', abstains: true, rule: 'more than half' },
  { reached: '++--', abstains: false, rule: 'half of them may fail' },
  { reached: '----', abstains: true, rule: 'all of them' },
  { reached: '+?', abstains: false, rule: 'half of them may fail, who has not answered yet for one' },
  { reached: '-?', abstains: undefined, rule: 'one of two may fail' },
  { reached: '--??', abstains: undefined, rule: 'the others may be well' },
  { reached: '---?', abstains: true, rule: 'more than half, whatever the last one says' },
  { reached: '??', abstains: undefined, rule: 'none has answered yet' },
])('[$reached] abstains: $abstains ($rule)', ({ reached, abstains }) => {
  const known = [...reached].filter((sign) => sign !== '?').map((sign) => sign === '+');
  expect(mustAbstain(known, reached.length)).toBe(abstains);
});
