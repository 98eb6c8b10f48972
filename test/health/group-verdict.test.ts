import { describe, expect, test } from 'vitest';
import { decisive, groupHealth, type MemberHealth } from '../../src/health/group-verdict.ts';
import fc from '../support/property.ts';

/** `+` healthy, `-` unhealthy, `?` no result; `!` behind it: must be healthy, `m`: monitoring only. */
function members(text: string): (MemberHealth & { readonly at: number })[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word, at) => ({
      at,
      healthy: word.startsWith('?') ? undefined : word.startsWith('+'),
      mustBeHealthy: word.includes('!'),
      monitoringOnly: word.includes('m'),
    }));
}

describe('groupHealth', () => {
  test.each([
    { of: '+', healthy: true, rule: 'one monitor is a group of one vote' },
    { of: '-', healthy: false, rule: 'one monitor is a group of one vote' },
    { of: '?', healthy: undefined, rule: 'one monitor is a group of one vote' },
    { of: '+ + -!', healthy: false, rule: '§4.4 critical member: one failure decides alone' },
    { of: '+ +! -!', healthy: false, rule: '§4.4 critical member: any critical failure decides' },
    { of: '? ?! -!', healthy: false, rule: '§4.4 critical member: a failure decides before other results' },
    { of: '+ -!m', healthy: false, rule: '§4.4 critical member: a failure decides even without a vote' },
    { of: '+! -', healthy: true, rule: '§4.4 vote: a tie is healthy; a critical member votes too' },
    { of: '+! - -', healthy: false, rule: '§4.4 vote: a healthy critical member is outvoted' },
    { of: '+ -', healthy: true, rule: '§4.4 vote: a tie is healthy' },
    { of: '+ + - -', healthy: true, rule: '§4.4 vote: a tie is healthy' },
    { of: '+ - -', healthy: false, rule: '§4.4 vote: more than half are unhealthy' },
    { of: '+ + -', healthy: true, rule: '§4.4 vote: less than half are unhealthy' },
    { of: '- -', healthy: false, rule: '§4.4 vote: all are unhealthy' },
    { of: '+ -m -m', healthy: true, rule: '§4.4 vote: a monitoring_only member has no vote' },
    { of: '- +m +m', healthy: false, rule: '§4.4 vote: a monitoring_only member has no vote' },
    { of: '+!m -', healthy: false, rule: '§4.4 vote: a monitoring_only member has no vote, critical or not' },
    { of: '+ ?', healthy: true, rule: 'ours: a member without a result has no vote' },
    { of: '- ?', healthy: false, rule: 'ours: a member without a result has no vote' },
    { of: '+ - ?', healthy: true, rule: 'ours: a member without a result has no vote, and a tie is healthy' },
    { of: '? ?', healthy: undefined, rule: '§4.3 no result yet: unknown' },
    { of: '? +m', healthy: undefined, rule: '§4.3 no voter has a result yet: unknown' },
    { of: '? +!m', healthy: undefined, rule: '§4.3 no voter has a result yet: unknown' },
    { of: '+ + ?!', healthy: undefined, rule: 'ours: unknown until a critical member has a result' },
    { of: '- - ?!', healthy: undefined, rule: 'ours: unknown until a critical member has a result' },
    { of: '+!m', healthy: true, rule: 'ours: without voters the critical members decide' },
    { of: '?!m', healthy: undefined, rule: 'ours: without voters the critical members decide' },
    { of: '+m -m', healthy: undefined, rule: '§4.3 no health: no member decides' },
    { of: '', healthy: undefined, rule: '§4.3 no health: no member decides' },
  ])('[$of]: $healthy ($rule)', ({ of, healthy }) => {
    expect(groupHealth(members(of))).toBe(healthy);
    expect(groupHealth(members(of).toReversed())).toBe(healthy);
  });

  test('a member that becomes healthy never makes the endpoint unhealthy', () => {
    const member = fc.record({
      healthy: fc.boolean(),
      mustBeHealthy: fc.boolean(),
      monitoringOnly: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 6 }), fc.nat(5), (group, at) => {
        const better = group.map((each, i) => (i === at % group.length ? { ...each, healthy: true } : each));
        if (groupHealth(group) === true) expect(groupHealth(better)).toBe(true);
      }),
    );
  });
});

describe('decisive', () => {
  test.each([
    { of: '+ - -!', healthy: false, at: [2], rule: 'the critical member that is unhealthy' },
    { of: '+ -!m', healthy: false, at: [1], rule: 'the critical member that is unhealthy' },
    { of: '+ - - -m', healthy: false, at: [1, 2], rule: 'the voters with that health' },
    { of: '+ - +! +m', healthy: true, at: [0, 2], rule: 'the voters with that health' },
    { of: '+!m -m', healthy: true, at: [0], rule: 'without voters, the critical members' },
    { of: '?', healthy: true, at: [], rule: 'no member has a result' },
  ])('the members that decide that [$of] is $healthy are $at: $rule', ({ of, healthy, at }) => {
    expect(decisive(members(of), healthy).map((each) => each.at)).toEqual(at);
  });
});
