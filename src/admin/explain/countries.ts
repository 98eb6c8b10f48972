import type { ClientPlace, Steered } from '../../load-balancer/steering/steer.ts';
import { createPieces } from '../../pace/next-turn.ts';
import { completed } from '../../place/place.ts';
import { REGIONS } from '../../place/regions.ts';
import { type SteeredQuestion, steererOf } from './load-balancer.ts';
import type { SteeredPath } from './source.ts';

/** Countries, and the parts of those that lie in two regions. */
const AREAS: readonly { readonly country: string; readonly region: string; readonly place: ClientPlace }[] =
  REGIONS.flatMap(({ code: region, countries }) =>
    countries.map(({ code: country }) => ({ country, region, place: completed({ region, country }) })),
  );

/** What all clients of some countries get. */
export interface CountriesAnswer {
  readonly pools: readonly {
    readonly id: string;
    readonly name: string | null;
    readonly share: number;
  }[];
  /** The fallback pool answers, since no pool of the list is usable. */
  readonly fallback: boolean;
  readonly countries: { readonly country: string; readonly region: string }[];
}

/**
 * Finds which pools answer a question from every country, as steererOf() steers it for one place, and joins the countries with the same
 * answer. Pauses between pieces of the work, so that it delays nothing else.
 */
export async function countriesOf(path: SteeredPath, asked: SteeredQuestion): Promise<CountriesAnswer[]> {
  const { steered, poolOf } = steererOf(path, asked);
  const pause = createPieces();
  const found = new Map<string, CountriesAnswer>();
  for (const { country, region, place } of AREAS) {
    await pause();
    const { choices, isFallback } = steered(place);
    const answer = found.getOrInsertComputed(keyOf(choices, isFallback), () => ({
      pools: [...choices].map(([id, share]) => ({ id, name: poolOf(id)?.name ?? null, share })),
      fallback: isFallback,
      countries: [],
    }));
    answer.countries.push({ country, region });
  }
  return [...found.values()].sort((a, b) => b.countries.length - a.countries.length);
}

function keyOf(choices: Steered['choices'], isFallback: boolean): string {
  return JSON.stringify([isFallback, ...choices]);
}
