import { expect, test } from 'vitest';
import { ADDRESSES_PROBED_MAX } from '../../../src/check/outcome.ts';
import { probedOf } from '../../../src/probe/dns/probed-addresses.ts';

const v4 = (count: number) => Array.from({ length: count }, (_, i) => `192.0.2.${i + 10}`);
const v6 = (count: number) => Array.from({ length: count }, (_, i) => `2001:db8::${i + 10}`);
const HALF = ADDRESSES_PROBED_MAX / 2;

test.each([
  { rule: 'both families alternate', of: [...v4(3), ...v6(2)], v4: 3, v6: 2, unprobed: 0 },
  { rule: 'just the maximum', of: v4(ADDRESSES_PROBED_MAX), v4: ADDRESSES_PROBED_MAX, v6: 0, unprobed: 0 },
  {
    rule: 'one above the maximum',
    of: v4(ADDRESSES_PROBED_MAX + 1),
    v4: ADDRESSES_PROBED_MAX,
    v6: 0,
    unprobed: 1,
  },
  { rule: 'half of each family', of: [...v4(40), ...v6(40)], v4: HALF, v6: HALF, unprobed: 64 },
  { rule: 'one family uses the room of the other', of: [...v4(40), ...v6(3)], v4: 13, v6: 3, unprobed: 27 },
])('$rule', ({ of, v4: four, v6: six, unprobed }) => {
  const probed = probedOf(of);
  const isSix = (address: string) => address.includes(':');
  const count = (want: boolean) => probed.addresses.filter((each) => isSix(each) === want).length;
  expect([count(false), count(true), probed.unprobed]).toEqual([four, six, unprobed]);
  // A resolver that rotates its answers, or another worker's, makes no difference.
  expect(new Set(probedOf(of.toReversed()).addresses)).toEqual(new Set(probed.addresses));
});

test('each address once in any spelling, and no unusable ones', () => {
  const of = ['2001:DB8:0::1', '2001:db8::1', '0.0.0.0', '::', '192.0.2.1', '::ffff:192.0.2.1', '224.0.0.1'];
  expect(probedOf(of)).toEqual({ addresses: ['192.0.2.1', '2001:db8::1'], unprobed: 0 });
});
