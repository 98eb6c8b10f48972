import { expect, test } from 'vitest';
import { steadyTtl } from '../../src/pool/address-ttl.ts';

test.each([
  [0, 1],
  [1, 1],
  [3, 2],
  [4, 4],
  [59, 32],
  [0x7fffffff, 0x40000000],
])('steadyTtl(%i) is %i', (seconds, steady) => expect(steadyTtl(seconds)).toBe(steady));
