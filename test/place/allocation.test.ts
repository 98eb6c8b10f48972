import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

// A process of its own: the heap of this one belongs to the test runner too.
test('a look-up allocates nothing', { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    new URL('./look-up-loop.ts', import.meta.url).pathname,
  ]);
  const { lookUps, control, ipv4, ipv6, sum } = JSON.parse(stdout) as Record<string, number>;
  expect(sum).toBeGreaterThan(0);
  // The measure does see an allocation: an object for every look-up.
  expect(control! / lookUps!).toBeGreaterThan(8);
  expect(ipv4! / lookUps!).toBeLessThan(1);
  expect(ipv6! / lookUps!).toBeLessThan(1);
});
