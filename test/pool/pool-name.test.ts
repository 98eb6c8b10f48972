import { expect, test } from 'vitest';
import { parseName } from '../../src/dns/name.ts';
import { isPoolName, poolNameKey } from '../../src/pool/pool-name.ts';

test.each(['web', 'WEB-1', '_x', '-', '1', 'a'.repeat(63)])(
  '%s is a valid pool name, and a DNS label',
  (name) => {
    expect(isPoolName(name)).toBe(true);
    expect(parseName(name)).toHaveLength(name.length + 2);
  },
);

test.each(['', 'a'.repeat(64), 'a.b', 'a b', 'é', 'web\n', '*', 'a\\046b'])('%j is refused', (name) => {
  expect(isPoolName(name)).toBe(false);
});

test('names that differ only in case have the same key (RFC 4343)', () => {
  expect(poolNameKey('Web')).toBe(poolNameKey('wEB'));
  expect(poolNameKey('web')).not.toBe(poolNameKey('web2'));
});
