import { describe, expect, test } from 'vitest';
import { poolStatus } from '../../src/health/status.ts';
import type { EndpointHealth } from '../../src/pool/members.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { makeEndpoint, makePool } from '../probe/checks.ts';

const KNOWN: Readonly<Record<string, EndpointHealth>> = {
  h: { healthy: true },
  u: { healthy: false },
  '?': { healthy: undefined },
  i: { healthy: false, override: 'in' },
  o: { healthy: true, override: 'out' },
  m: { healthy: true, override: 'maintenance' },
  '-': { healthy: undefined, hasNoJudge: true },
};

/** One letter an endpoint; `x`: it is disabled. */
function statusOf(letters: string, over: Partial<Pool>) {
  const endpoints = [...letters].map((letter, i) =>
    makeEndpoint({ name: `e${i}`, address: `192.0.2.${i + 1}`, enabled: letter !== 'x' }),
  );
  return poolStatus(makePool({ endpoints, ...over }), (_, i) => KNOWN[letters[i]!] ?? KNOWN['?']!);
}

describe('one rule says how a pool is', () => {
  const group = { monitor: null, monitorGroup: 'g' };
  test.each<{
    of: string;
    over?: Partial<Pool>;
    standing: string;
    healthy: boolean | undefined;
    rule: string;
  }>([
    { of: 'hu', standing: 'healthy', healthy: true, rule: 'enough are well' },
    { of: 'hu', over: { minimumOrigins: 2 }, standing: 'unhealthy', healthy: false, rule: 'one too few' },
    { of: '??', standing: 'unknown', healthy: undefined, rule: 'nobody checked it' },
    { of: 'x?', standing: 'unknown', healthy: undefined, rule: 'who is disabled says nothing' },
    { of: 'u?', standing: 'unhealthy', healthy: false, rule: 'one is known' },
    { of: 'xx', standing: 'unhealthy', healthy: false, rule: 'no endpoint is left to be well' },
    { of: '??', over: { minimumOrigins: 0 }, standing: 'healthy', healthy: true, rule: 'none is needed' },
    { of: '?i', standing: 'healthy', healthy: true, rule: 'forced in before its first result' },
    { of: '?o', standing: 'unhealthy', healthy: false, rule: 'forced out, which is known' },
    { of: 'mm', standing: 'maintenance', healthy: undefined, rule: 'maintenance leaves none' },
    {
      of: 'mx',
      standing: 'maintenance',
      healthy: undefined,
      rule: 'maintenance leaves only what is disabled',
    },
    { of: 'mh', over: { minimumOrigins: 2 }, standing: 'healthy', healthy: true, rule: 'all that are left' },
    { of: '--', over: group, standing: 'unmonitored', healthy: undefined, rule: 'a group without a judge' },
    { of: 'hh', over: { monitor: null }, standing: 'unmonitored', healthy: undefined, rule: 'no monitor' },
    { of: 'hh', over: { enabled: false }, standing: 'disabled', healthy: false, rule: 'disabled' },
  ])('$of: $standing, $rule', ({ of, over = {}, standing, healthy }) => {
    expect(statusOf(of, over)).toMatchObject({ standing, healthy });
  });

  test('it says how many are answered, and how many must be', () => {
    expect(statusOf('hium', { minimumOrigins: 9 })).toMatchObject({ answered: 2, minimum: 3 });
    expect(statusOf('hiu', { minimumOrigins: 9 })).toMatchObject({ answered: 2, minimum: 9 });
  });
});
