/** Packets over respond, 30,000 of them mutated, or as many as FUZZ_PACKETS says in all. TEST_SEED repeats a run. */

import { expect, test } from 'vitest';
import { Rcode } from '../../src/dns/rcode.ts';
import { UNTOUCHED_EVERY } from '../fuzz/mutate.ts';
import { RESPOND_PARTS } from '../fuzz/parts.ts';
import { seed } from '../support/seed.ts';

const MUTATED = 30_000;
/** Some more than on average are needed, as chance leaves packets untouched. */
const PACKETS = Number(
  process.env.FUZZ_PACKETS ?? 1.02 * MUTATED * (UNTOUCHED_EVERY / (UNTOUCHED_EVERY - 1)),
);
const share = Math.ceil(PACKETS / RESPOND_PARTS.length);

test.each(RESPOND_PARTS)(
  `${share} packets, $name (seed ${seed})`,
  { timeout: 120_000 + PACKETS },
  async ({ run }) => {
    const { packets, silent, truncated, rcodes } = await run({ seed, from: 0, count: share });
    expect(packets).toBe(share);
    // The mutations reach every kind of answer.
    expect(silent).toBeGreaterThan(share / 100);
    expect(truncated).toBeGreaterThan(0);
    const reached = ['NOERROR', 'FORMERR', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'YXDOMAIN', 'BADVERS'] as const;
    for (const name of reached) expect(rcodes.get(Rcode[name]), name).toBeGreaterThan(share / 1_000);
  },
);
