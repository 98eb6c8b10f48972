import { randomInt } from 'node:crypto';

/** The seed of this run's random tests, for their names to tell; TEST_SEED in the environment repeats a run. */
export const seed = Number(process.env.TEST_SEED ?? randomInt(1, 2 ** 31));
