import { oneOf, type Random } from '../fuzz/random.ts';

/** Content in the place of a record's. */
export interface Mutant {
  readonly octets: Buffer;
  /** No record may look so: it must be told. Otherwise it may be sound, as another wrote it. */
  readonly isBad: boolean;
}

/** Never a record, of whatever sort. */
const NEVER = [
  'null',
  '{}',
  '[]',
  '7',
  '"text"',
  '',
  '{broken',
  '{"a":1e999}',
  `{"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  `${'['.repeat(5_000)}`,
  JSON.stringify({ id: 'x'.repeat(200_000) }),
  '{"__proto__":{"id":"x"},"constructor":7}',
];
const NUMBERS = ['-1', '0', '1e308', '-1e308', '9007199254740993', '1e999', '0.5', 'null', '"7"', '[]', '{}'];

/** A record's content as somebody damaged it: flipped, cut, of another record, of no record. `others`: what others hold. */
export function mutate(random: Random, octets: Buffer, others: readonly Buffer[]): Mutant {
  const maybe = (changed: Buffer): Mutant => ({ octets: changed, isBad: false });
  switch (random(9)) {
    case 0:
      return { octets: Buffer.from(oneOf(random, NEVER)), isBad: true };
    case 1:
      return maybe(flipped(random, octets, 1));
    case 2:
      return maybe(flipped(random, octets, 1 + random(16)));
    case 3:
      return maybe(octets.subarray(0, random(octets.length + 1)));
    case 4:
      return maybe(oneOf(random, others));
    case 5: {
      const from = random(octets.length + 1);
      return maybe(Buffer.concat([octets.subarray(0, from), octets.subarray(from + random(20))]));
    }
    case 6:
      return maybe(
        Buffer.from(
          octets
            .toString()
            .replace(/(?<=:)(\d+|true|false|"[^"]*")/g, (found) =>
              random(4) === 0 ? oneOf(random, NUMBERS) : found,
            ),
        ),
      );
    case 7:
      return maybe(Buffer.concat([octets, octets]));
    default:
      return maybe(Buffer.from(Array.from({ length: random(64) }, () => random(256))));
  }
}

function flipped(random: Random, octets: Buffer, times: number): Buffer {
  const changed = Buffer.from(octets);
  for (let i = 0; i < times && changed.length > 0; i += 1) {
    const at = random(changed.length);
    changed[at] = changed[at]! ^ (1 << random(8));
  }
  return changed;
}
