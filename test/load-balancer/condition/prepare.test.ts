import { afterEach, expect, test, vi } from 'vitest';
import { createKept } from '../../../src/load-balancer/condition/kept.ts';
import { automatonOf, PatternFault } from '../../../src/load-balancer/condition/matches.ts';
import { prepareConditions, readInSteps } from '../../../src/load-balancer/condition/prepare.ts';
import {
  CONDITION_CHARACTERS_MAX,
  patternsOf,
  readCondition,
} from '../../../src/load-balancer/condition/read.ts';
import { PATTERNS_MAX, RULES_MAX } from '../../../src/load-balancer/limits.ts';
import { planOf } from '../../../src/load-balancer/steering/plan.ts';
import { loadBalancer } from '../../store/contract/samples.ts';

afterEach(() => vi.restoreAllMocks());

const matching = (patterns: readonly string[]) =>
  patterns.map((pattern) => `dns.qry.name matches "${pattern}"`).join(' or ');

test('others work after each pattern that is prepared', async () => {
  // The clock says that each pattern takes longer than a piece.
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 10));
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await prepareConditions([matching(Array.from({ length: PATTERNS_MAX }, (_, i) => `turn${i}[ab]?`))]);
  isDone = true;
  expect(turns).toBeGreaterThanOrEqual(PATTERNS_MAX - 1);
});

test('a node that writes 60 load balancers of ten patterns each was busy for ten seconds: each pattern is a step', () => {
  const conditions = [matching(Array.from({ length: PATTERNS_MAX }, (_, i) => `step${i}`))];
  const rules = conditions.map((condition) => ({ condition }));
  const plan = planOf({ ...loadBalancer('lb'), rules });
  // The last step reads the condition.
  expect([...plan.prepare()]).toHaveLength(PATTERNS_MAX + 1);
  expect(plan.rules).toHaveLength(1);
  expect([...plan.prepare()]).toHaveLength(0);
});

test('a document of 60 load balancers with ten patterns each made each automaton three times: outcomes are kept by octets', () => {
  const first = automatonOf('first[0-9]');
  for (let i = 0; i < 600; i += 1) automatonOf(`^x${i}`);
  expect(automatonOf('first[0-9]')).toBe(first);
});

test('outcomes are kept up to their octets, those that were asked for last', () => {
  const fault = new PatternFault('is wrong');
  const kept = createKept(3 * 514, (pattern: string) => 512 + 2 * pattern.length);
  for (const pattern of ['a', 'b', 'c']) kept.keep(pattern, fault);
  expect(kept.size).toBe(3);
  kept.keep('a', kept.take('a')!);
  kept.keep('d', fault);
  expect(['a', 'b', 'c', 'd'].filter((pattern) => kept.take(pattern) !== undefined)).toEqual(['a', 'c', 'd']);
  expect(kept.size).toBe(0);
});

test('a hundred rules of 4 KB each were read in one piece, three times: each is read in a step of its own, once', () => {
  const conditions = Array.from(
    { length: RULES_MAX },
    (_, i) => `ip.src in {${Array.from({ length: 240 }, (_, k) => `10.${i}.${k}.0/24`).join(' ')}}`,
  );
  const steps = [...readInSteps(conditions)];
  expect(steps).toHaveLength(RULES_MAX);
  // All of one load balancer are kept.
  const readings = conditions.map(readCondition);
  expect(conditions.map(readCondition)).toEqual(readings);
  expect(conditions.every((condition, i) => readCondition(condition) === readings[i])).toBe(true);
  const longest = 'x'.repeat(CONDITION_CHARACTERS_MAX);
  expect(readCondition(longest)).toBe(readCondition(longest));
  expect(readCondition(`${longest}x`)).not.toBe(readCondition(`${longest}x`));
});

test('what was prepared, or refused, is not made again', async () => {
  const good = 'kept(a|b)?';
  const bad = '[a-m]*n[a-z]{7}kept';
  await prepareConditions([matching([good]), matching([bad])]);
  expect(automatonOf(good)).toBe(automatonOf(good));
  const faultOf = () => {
    try {
      return automatonOf(bad);
    } catch (error) {
      return error;
    }
  };
  expect(faultOf()).toBeInstanceOf(PatternFault);
  expect(faultOf()).toBe(faultOf());
});

test.each([
  ['', []],
  ['dns.qry.type eq 1', []],
  [matching(['a', 'b']), ['a', 'b']],
  ['not (dns.qry.type eq 1 and dns.qry.name matches "c")', ['c']],
  ['dns.qry.name matches', []],
  [matching(Array(PATTERNS_MAX).fill('d')), Array(PATTERNS_MAX).fill('d')],
  [matching(Array(PATTERNS_MAX + 1).fill('d')), []],
  [matching(['e'.repeat(257)]), []],
  ['x'.repeat(4_097), []],
])('the patterns of %j', (condition, patterns) => {
  expect(patternsOf(condition)).toEqual(patterns);
  // What cannot be prepared is for the reading to report.
  expect(() => readCondition(condition)).not.toThrow();
});
