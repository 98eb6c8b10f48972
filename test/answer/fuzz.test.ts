/** Mutated packets over respond: 100,000, or as many as FUZZ_PACKETS says. TEST_SEED repeats a run. */
import { expect, test } from 'vitest';
import { Rcode } from '../../src/dns/rcode.ts';
import { RESPOND_PARTS } from '../fuzz/parts.ts';
import { seed } from './seed.ts';

const PACKETS = Number(process.env.FUZZ_PACKETS ?? 100_000);
const share = Math.ceil(PACKETS / RESPOND_PARTS.length);

test.each(RESPOND_PARTS)(
  `${share} packets, $name (seed ${seed})`,
  { timeout: 60_000 + PACKETS },
  async ({ run }) => {
    const { packets, silent, truncated, rcodes } = await run({ seed, from: 0, count: share });
    expect(packets).toBe(share);
    // The mutations reach every kind of answer.
    expect(silent).toBeGreaterThan(share / 100);
    expect(truncated).toBeGreaterThan(0);
    const reached = ['NOERROR', 'FORMERR', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'BADVERS'] as const;
    for (const name of reached) expect(rcodes.get(Rcode[name]), name).toBeGreaterThan(share / 1_000);
  },
);
