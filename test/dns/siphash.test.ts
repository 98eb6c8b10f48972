import { expect, test } from 'vitest';
import { sipHash, sipHashKey } from '../../src/dns/siphash.ts';

const key = sipHashKey(Uint8Array.from({ length: 16 }, (_, i) => i));

/** The reference's test vectors: key 00..0f, message 00..(length-1). */
test.each([
  { length: 0, hash: '310e0edd47db6f72' },
  { length: 1, hash: 'fd67dc93c539f874' },
  { length: 7, hash: '37d1018bf50002ab' },
  { length: 8, hash: '6224939a79f5f593' },
  { length: 15, hash: 'e545be4961ca29a1' },
  { length: 63, hash: '724506eb4c328a95' },
])('SipHash-2-4 of $length octets', ({ length, hash }) => {
  const message = Uint8Array.from({ length: 64 }, (_, i) => i);
  const out = new Uint8Array(10);
  sipHash(key, message, length, out, 1);
  expect(Buffer.from(out).toString('hex')).toBe(`00${hash}00`);
});

test.each([15, 17])('a key of %i octets is refused', (length) => {
  expect(() => sipHashKey(new Uint8Array(length))).toThrow(RangeError);
});
