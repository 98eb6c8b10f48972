import { nearest } from '../../input/nearest.ts';
import { REGION_CODES, REGIONS } from '../../place/regions.ts';

const REGION_SET: ReadonlySet<string> = new Set(REGION_CODES);
const COUNTRY_SET: ReadonlySet<string> = new Set(
  REGIONS.flatMap(({ countries }) => countries.map(({ code }) => code)),
);

/** Returns the rule that a region code breaks; undefined: none. */
export function regionFault(code: string): string | undefined {
  if (REGION_SET.has(code)) return undefined;
  return `must be a region code (${REGION_CODES.join(', ')})${nearest(code, REGION_CODES)}`;
}

/** Returns the rule that a country code breaks; undefined: none. */
export function countryFault(code: string): string | undefined {
  if (COUNTRY_SET.has(code)) return undefined;
  const upper = code.toUpperCase();
  const hint = COUNTRY_SET.has(upper) ? ` (did you mean "${upper}"?)` : '';
  return `must be an ISO 3166-1 alpha-2 country code in upper case${hint}`;
}
