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

describe('status of a pool', () => {
  const group = { monitor: null, monitorGroup: 'g' };
  test.each<{
    of: string;
    over?: Partial<Pool>;
    standing: string;
    healthy: boolean | undefined;
    rule: string;
  }>([
    { of: 'hu', standing: 'healthy', healthy: true, rule: 'enough endpoints are healthy' },
    { of: 'hu', over: { minimumOrigins: 2 }, standing: 'unhealthy', healthy: false, rule: 'one is missing' },
    { of: '??', standing: 'unknown', healthy: undefined, rule: 'no endpoint was checked' },
    { of: 'x?', standing: 'unknown', healthy: undefined, rule: 'a disabled endpoint does not count' },
    { of: 'u?', standing: 'unhealthy', healthy: false, rule: 'one endpoint is known to be unhealthy' },
    { of: 'xx', standing: 'unhealthy', healthy: false, rule: 'all endpoints are disabled' },
    { of: '??', over: { minimumOrigins: 0 }, standing: 'healthy', healthy: true, rule: 'the minimum is 0' },
    { of: '?i', standing: 'healthy', healthy: true, rule: 'an endpoint is in before its first result' },
    { of: '?o', standing: 'unhealthy', healthy: false, rule: 'an endpoint is out, which is known' },
    { of: 'mm', standing: 'maintenance', healthy: undefined, rule: 'all endpoints are in maintenance' },
    {
      of: 'mx',
      standing: 'maintenance',
      healthy: undefined,
      rule: 'all endpoints are in maintenance or disabled',
    },
    { of: 'mh', over: { minimumOrigins: 2 }, standing: 'healthy', healthy: true, rule: 'all that can be' },
    { of: '--', over: group, standing: 'unmonitored', healthy: undefined, rule: 'no group member decides' },
    { of: 'hh', over: { monitor: null }, standing: 'unmonitored', healthy: undefined, rule: 'no monitor' },
    { of: 'hh', over: { enabled: false }, standing: 'disabled', healthy: false, rule: 'pool is disabled' },
  ])('$of: $standing, $rule', ({ of, over = {}, standing, healthy }) => {
    expect(statusOf(of, over)).toMatchObject({ standing, healthy });
  });

  test('a status has the number of answered endpoints, and the minimum, bounded by those not in maintenance', () => {
    expect(statusOf('hium', { minimumOrigins: 9 })).toMatchObject({ answered: 2, minimum: 3 });
    expect(statusOf('hiu', { minimumOrigins: 9 })).toMatchObject({ answered: 2, minimum: 9 });
  });
});
