import { nearest } from '../../input/nearest.ts';
import { listOfNames, shortName } from '../resource/name-words.ts';

/** Maximum number of endpoints in a message; of more, it has only the number. */
export const NAMES_LISTED_MAX = 10;
const named = (name: string) => `"${shortName(name)}"`;

/** Makes the sentences for an endpoint that a pool does not have, with the endpoints that it has. */
export function noEndpointWords(pool: string, endpoints: readonly string[], asked: string): string {
  return `Pool ${named(pool)} has no endpoint ${named(asked)}. ${endpointsWords('Its', endpoints)}`;
}

/** Makes the sentences for an endpoint that no pool at a name has. */
export function noEndpointAtNameWords(endpoints: readonly string[], asked: string): string {
  return `No pool at this name has an endpoint ${named(asked)}. ${endpointsWords('The', endpoints)}`;
}

/** Makes the sentences for a pool that does not answer at a name. */
export function noPoolAtNameWords(pools: readonly string[], asked: string): string {
  const known = pools.length === 0 ? 'There are none' : `The pools: ${listOfNames(pools, NAMES_LISTED_MAX)}`;
  return `No pool at this name is called ${named(asked)}. ${known}.`;
}

/** Makes the sentence for a pool that does not exist, with the nearest name. */
export function noPoolWords(pools: readonly string[], asked: string): string {
  return `No pool has the name or identifier ${named(asked)}${nearest(asked, pools)}.`;
}

function endpointsWords(whose: string, endpoints: readonly string[]): string {
  if (endpoints.length === 0) return 'There are none.';
  return `${whose} endpoints: ${listOfNames(endpoints, NAMES_LISTED_MAX)}.`;
}
