/** fast-check with the seed of this run, so that `npm test` draws the same values each time. Tests take it from here. */
import fc from 'fast-check';
import { seed } from './seed.ts';

/** How many times as many draws a property gets as in `npm test`; `npm run properties` sets it. */
const TIMES = Number(process.env.PROPERTY_TIMES ?? 1);
/** Draws where a test does not say how many. */
const DRAWS = 100;

/** So many draws in `npm test`, and more in `npm run properties`. */
export const draws = (count: number): number => Math.ceil(count * TIMES);

fc.configureGlobal({ seed, numRuns: draws(DRAWS) });

const SURROGATES = { from: 0xd800, count: 0x800 };
const LAST_POINT = 0x10ffff;
/** Any code point but halves of a surrogate pair; one of ASCII as often as another. */
const codePoint = fc.oneof(
  fc.integer({ min: 0, max: 0x7f }),
  fc
    .integer({ min: 0, max: LAST_POINT - SURROGATES.count })
    .map((at) => (at < SURROGATES.from ? at : at + SURROGATES.count)),
);

/** Text of so many code points at most. `fc.string({ unit: 'binary' })` first takes seconds for a table of all there are. */
export const anyText = (pointsMax = 10): fc.Arbitrary<string> =>
  fc.array(codePoint, { maxLength: pointsMax }).map((points) => String.fromCodePoint(...points));

export default fc;
