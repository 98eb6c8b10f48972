import { lookup } from 'node:dns/promises';

/** Finds the addresses of a host name, in the order they are to be tried. Rejects as node:dns does. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Addresses kept of one host name. */
export const ADDRESSES_MAX = 64;

/**
 * A Resolve over the system's resolver, without a cache. Lookups cannot be cancelled and share few threads, so a name
 * is never looked up twice at a time: whoever asks meanwhile gets the same result, and lookups left behind by expired
 * attempts cannot pile up.
 */
export function createResolve(): Resolve {
  const pending = new Map<string, Promise<readonly string[]>>();
  return (name) => {
    const known = pending.get(name);
    if (known !== undefined) return known;
    const asked = lookup(name, { all: true, order: 'verbatim' })
      .then((found) => [...new Set(found.map(({ address }) => address))].slice(0, ADDRESSES_MAX))
      .finally(() => pending.delete(name));
    pending.set(name, asked);
    return asked;
  };
}
