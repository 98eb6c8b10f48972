import { expect, test } from 'vitest';
import { expectNoAllocations } from './expect-no-allocations.ts';

test('answering allocates nothing', { timeout: 300_000 }, async () => {
  expect(await expectNoAllocations(new URL('./query-loop.ts', import.meta.url))).toBe(33);
});
