/** The seed of random tests where TEST_SEED in the environment gives none: the same in every run of `npm test`. */
const FIXED_SEED = 20_261_130;

/** The seed of this run's random tests, for their names to tell. */
export const seed = Number(process.env.TEST_SEED ?? FIXED_SEED);
