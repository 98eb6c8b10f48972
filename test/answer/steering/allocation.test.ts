import { expect, test } from 'vitest';
import { expectNoAllocations } from '../table/expect-no-allocations.ts';

test('steering allocates nothing, whatever decides', { timeout: 300_000 }, async () => {
  expect(await expectNoAllocations(new URL('./steering-loop.ts', import.meta.url))).toBe(62);
});
