import { expect, test } from 'vitest';
import { goDuration } from '../../src/admin/pools/health-view.ts';

test.each([
  [0, '0ms'],
  [12.1, '12.1ms'],
  [66, '66ms'],
  [0.0004, '0ms'],
  [1e-7, '0ms'],
  [1234.56789, '1234.568ms'],
])('%f ms is %s, which Go’s time.ParseDuration reads', (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});
