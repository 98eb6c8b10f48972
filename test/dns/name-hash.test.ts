import { expect, test } from 'vitest';
import { extendHash, extendHashByTwo, NAME_HASH_SEED } from '../../src/dns/name-hash.ts';

test('two octets at once extend a hash as they do one by one, whatever they and the hash are', () => {
  const octets = [0, 1, 0x2a, 0x61, 0x7a, 0xff];
  for (const hash of [0, 1, -1, NAME_HASH_SEED, 0x7fffffff, -0x80000000])
    for (const last of octets)
      for (const first of octets)
        expect(extendHashByTwo(hash, last, first)).toBe(extendHash(extendHash(hash, last), first));
});
