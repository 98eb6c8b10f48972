import { nearest } from '../../config/nearest.ts';

/** Names of endpoints that a message lists; of more, only their number is told. */
export const NAMES_LISTED_MAX = 10;
/** Characters of one name in a message. */
const NAME_CHARACTERS_MAX = 64;

/** A name in quotation marks, its end cut off where it is long. */
function named(name: string): string {
  return `"${name.length > NAME_CHARACTERS_MAX ? `${name.slice(0, NAME_CHARACTERS_MAX)}…` : name}"`;
}

/** The sentences for an endpoint that a pool does not have: which pool, which endpoint, and which ones it has. */
export function noEndpointWords(pool: string, endpoints: readonly string[], asked: string): string {
  return `Pool ${named(pool)} has no endpoint ${named(asked)}. ${endpointsWords('Its', endpoints)}`;
}

/** The sentences for an endpoint that none of these pools has, which answer at the name that is asked about. */
export function noEndpointAtNameWords(endpoints: readonly string[], asked: string): string {
  return `No pool at this name has an endpoint ${named(asked)}. ${endpointsWords('The', endpoints)}`;
}

/** The sentence for a pool that is not there, with the name that is nearest. */
export function noPoolWords(pools: readonly string[], asked: string): string {
  return `No pool has the name or identifier ${named(asked)}${nearest(asked, pools)}.`;
}

function endpointsWords(whose: string, endpoints: readonly string[]): string {
  if (endpoints.length === 0) return 'There are none.';
  const listed = endpoints.slice(0, NAMES_LISTED_MAX).map((name) => named(name).slice(1, -1));
  const more = endpoints.length - listed.length;
  return `${whose} endpoints: ${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}
