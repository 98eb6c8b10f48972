import { expect, test } from 'vitest';
import { recoveredShare } from '../../src/health/recovery.ts';

test.each([
  { after: 0, share: 0.1 },
  { after: 5_999, share: 0.1 },
  { after: 6_000, share: 0.2 },
  { after: 53_999, share: 0.9 },
  { after: 54_000, share: 1 },
  { after: 1_000_000, share: 1 },
  // A clock that was read in another order.
  { after: -1, share: 0.1 },
])('$after ms after its return, of 60,000 ms, an endpoint has $share of its weight', ({ after, share }) =>
  expect(recoveredShare(1_000, 1_000 + after, 60_000)).toBe(share),
);
