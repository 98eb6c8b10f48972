import { nearest } from '../../input/nearest.ts';
import { listOfNames, shortName } from '../resource/name-words.ts';

/** Names of endpoints that a message lists; of more, only their number is told. */
export const NAMES_LISTED_MAX = 10;
const named = (name: string) => `"${shortName(name)}"`;

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
  return `${whose} endpoints: ${listOfNames(endpoints, NAMES_LISTED_MAX)}.`;
}
