import { formatName, isAtOrBelow, type WireName } from '../../dns/name.ts';
import type { Zone } from '../../zone/zone.ts';

/** Maximum number of names in a hint; of more it has only the number. */
export const HINT_NAMES_MAX = 5;

/**
 * Suggests what to ask for instead of a name at which there is nothing: the names of the pool of its first label, or the zones of
 * this server. `poolNamed` finds the pool with a label as its name, in any case, and returns that name. Null: it suggests nothing.
 */
export function hintFor(
  name: WireName,
  zones: readonly Zone[],
  poolNamed: (label: string) => string | undefined,
): string | null {
  const pool = poolNamed(formatName(name).split('.', 1)[0]!);
  const below = zones.flatMap(({ pools }) => (pools ? [formatName(pools)] : []));
  // A full name ends in a dot, which ends the sentence too.
  if (pool !== undefined && below.length > 0)
    return `Pool "${pool}" is answered at ${listed(below.map((each) => `${pool}.${each}`))}`;
  if (pool !== undefined) return `There is a pool "${pool}", but no zone has a name for pools.`;
  const isOurs = zones.some(({ apex }) => isAtOrBelow(name, apex));
  if (isOurs) return below.length > 0 ? `Pools are answered below ${listed(below)}` : null;
  return zones.length > 0
    ? `The zones of this server: ${listed(zones.map(({ apex }) => formatName(apex)))}`
    : null;
}

/** Says why the name of a pool that cannot be read is answered with SERVFAIL, and what to do. */
export function unreadHint(pool: string): string {
  return `The document of pool "${pool}" is damaged, and this node knows no earlier value of it, so it answers SERVFAIL. Write the pool again with the API, or delete it.`;
}

function listed(names: readonly string[]): string {
  const more = names.length - HINT_NAMES_MAX;
  const some = names.slice(0, HINT_NAMES_MAX).join(', ');
  return more > 0 ? `${some} and ${more} more.` : some;
}
