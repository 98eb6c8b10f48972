import Type from 'typebox';
import { expect, test } from 'vitest';
import { monitorBody } from '../../../src/admin/monitors/schema.ts';
import { CHECK_REGIONS, DESCRIPTION_MAX, ENDPOINTS_MAX, PoolBody } from '../../../src/admin/pools/schema.ts';
import { abridge, UNKNOWN_MAX } from '../../../src/admin/schema/abridge.ts';
import { lateValidators } from '../../../src/admin/schema/late-validators.ts';
import { schemaProblems } from '../../../src/admin/schema/schema-problems.ts';

const numbered = <T>(count: number, of: (i: number) => T) => Array.from({ length: count }, (_, i) => of(i));
const members = (count: number, name = 'k') => Object.fromEntries(numbered(count, (i) => [`${name}${i}`, 1]));
const origin = { name: 'a', address: '192.0.2.1' };
const pool = (over: object) => ({ name: 'p', origins: [origin], ...over });

/** What a schema tells of a body, each once. */
function told(schema: object, body: unknown): Set<string> {
  const validate = lateValidators()({ schema, method: 'POST', url: '/', httpPart: 'body' });
  if (validate(body) === true) return new Set();
  const errors = (validate as unknown as { errors: Parameters<typeof schemaProblems>[0] }).errors;
  expect(errors.length).toBeLessThanOrEqual(9 * (ENDPOINTS_MAX + 1) + UNKNOWN_MAX);
  return new Set(
    schemaProblems(errors).map(({ pointer, rule, sentence }) => `${pointer} ${sentence ?? rule}`),
  );
}

test('a value within its bounds is returned itself', () => {
  const whole = pool({ origins: numbered(ENDPOINTS_MAX, (i) => ({ ...origin, name: `a${i}` })), unknown: 1 });
  expect(abridge(PoolBody, whole)).toBe(whole);
});

test.each([
  [
    'endpoints of a pool',
    PoolBody,
    pool({ origins: numbered(49_000, () => origin) }),
    '/origins the origin list length must be in the range [1, 1000]',
  ],
  [
    'regions',
    PoolBody,
    pool({ check_regions: numbered(49_000, (i) => `r${i}`) }),
    `/check_regions the check_region list length must be in the range [0, ${CHECK_REGIONS.length}]`,
  ],
  ['members', PoolBody, pool(members(49_000)), '/k0 is not a known field'],
  [
    'members of many endpoints',
    PoolBody,
    pool({ origins: numbered(ENDPOINTS_MAX, () => ({ ...origin, ...members(49) })) }),
    '/origins/0/k0 is not a known field',
  ],
  [
    'characters of a description',
    PoolBody,
    pool({ description: '\u{1f600}'.repeat(500_000) }),
    `/description is longer than ${DESCRIPTION_MAX} characters`,
  ],
  [
    'characters of an address',
    PoolBody,
    pool({ origins: [{ ...origin, address: 'a.'.repeat(500_000) }] }),
    '/origins/0/address must be an IPv4 address, an IPv6 address or a host name, and not unspecified or multicast',
  ],
  [
    'header fields',
    monitorBody({ leastSeconds: 1, defaultSeconds: 60 } as never),
    { header: members(49_000) },
    '/header has more than 32 fields',
  ],
])('of too many %s only as many are checked as needed', (_, schema, body, sentence) => {
  expect(told(schema, body)).toContain(sentence);
});

test('the length of a text counts characters, not UTF-16 units', () => {
  const schema = Type.String({ maxLength: 3 });
  for (const text of ['abc', '\u{1f600}'.repeat(3)]) expect(told(schema, text).size).toBe(0);
  for (const text of ['abcd', '\u{1f600}'.repeat(4), 'x'.repeat(100)])
    expect(told(schema, text).size).toBe(1);
});
