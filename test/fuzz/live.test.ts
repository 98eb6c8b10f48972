/** A short run over sockets; `npm run fuzz` makes long ones. TEST_SEED repeats a run. */

import { afterAll, expect, test } from 'vitest';
import { endAll } from '../support/lifeguard.ts';
import { seed } from '../support/seed.ts';
import { LIVE_PARTS } from './parts.ts';

const PACKETS = 500;

afterAll(endAll);

test.each(LIVE_PARTS)(`${PACKETS} packets by $name (seed ${seed})`, { timeout: 120_000 }, async ({ run }) => {
  const { packets, silent, answered, limited, rcodes } = await run({ seed, from: 0, count: PACKETS });
  // A stream over TCP whose lengths are wrong holds other messages than were put in.
  expect(packets).toBeGreaterThanOrEqual(PACKETS / 4);
  expect(silent + answered + limited).toBe(packets);
  expect(silent).toBeGreaterThan(0);
  expect(rcodes.size).toBeGreaterThan(3);
});
