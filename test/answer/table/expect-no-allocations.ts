import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { OCTETS_PER_QUERY_MAX } from './allocation-meter.ts';

/** Runs a loop that prints what it allocates (allocation-meter.ts), in a process of its own: the heap of this one belongs to the test runner too. Returns how many kinds there are. */
export async function expectNoAllocations(loop: URL): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [loop.pathname]);
  const { queries, control, ...kinds } = JSON.parse(stdout) as Record<string, number>;
  // The measure does see an allocation: an object for every query.
  expect(control! / queries!).toBeGreaterThan(8);
  for (const [kind, octets] of Object.entries(kinds))
    expect(octets / queries!, kind).toBeLessThan(OCTETS_PER_QUERY_MAX);
  return Object.keys(kinds).length;
}
