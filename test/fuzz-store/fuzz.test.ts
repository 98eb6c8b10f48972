import { expect, test } from 'vitest';
import { fuzzFile } from './file-part.ts';
import { fuzzRedis } from './redis-part.ts';

/** Mutations of each body: a part of what `npm run fuzz:store` makes. */
const REDIS_MUTATIONS = 1_500;
const FILE_MUTATIONS = 1_000;
const SEED = 1;

test(`${REDIS_MUTATIONS} mutations of a store in Redis (seed ${SEED})`, { timeout: 120_000 }, async () => {
  expect(await fuzzRedis({ seed: SEED, from: 0, mutations: REDIS_MUTATIONS })).toBe(REDIS_MUTATIONS);
});

test(`${FILE_MUTATIONS} mutations of a store in a file (seed ${SEED})`, { timeout: 120_000 }, async () => {
  expect(await fuzzFile({ seed: SEED, from: 0, mutations: FILE_MUTATIONS })).toBe(FILE_MUTATIONS);
});
