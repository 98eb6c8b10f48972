import type Cloudflare from 'cloudflare';

/** What a resource of the official client looks like from outside. */
type Resource = Record<string, unknown>;

/**
 * Every method of those parts of the official client that this server answers, by its place in the client. They are
 * wrapped in the client, so that `called` tells which were called.
 */
export function watchMethods(client: Cloudflare): { readonly all: string[]; readonly called: Set<string> } {
  const called = new Set<string>();
  const all: string[] = [];

  function watch(resource: object, path: string, only?: readonly string[]): void {
    const names = Object.getOwnPropertyNames(
      // The base class of each has its methods; the one above it adds nothing but parts.
      Object.getPrototypeOf(Object.getPrototypeOf(resource)),
    ).concat(Object.getOwnPropertyNames(Object.getPrototypeOf(resource)));
    for (const name of new Set(names)) {
      const method = (resource as Resource)[name];
      if (name === 'constructor' || typeof method !== 'function') continue;
      const place = `${path}.${name}`;
      if (only !== undefined && !only.includes(name)) continue;
      all.push(place);
      (resource as Resource)[name] = (...words: unknown[]) => {
        called.add(place);
        return method.apply(resource, words);
      };
    }
    if (only !== undefined) return;
    for (const [name, part] of Object.entries(resource))
      if (typeof part === 'object' && part !== null && '_client' in part) watch(part, `${path}.${name}`);
  }

  const { loadBalancers, zones, user, accounts } = client;
  // Load balancers themselves are not here yet: their parts are.
  for (const [name, part] of Object.entries(loadBalancers))
    if (name !== '_client') watch(part as object, `loadBalancers.${name}`);
  watch(zones, 'zones', ['create', 'list', 'get', 'edit', 'delete']);
  watch(user.tokens, 'user.tokens', ['verify']);
  watch(accounts.tokens, 'accounts.tokens', ['verify']);
  watch(accounts, 'accounts', ['list', 'get']);
  return { all, called };
}
