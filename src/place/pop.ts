/** Maximum number of characters in the code of a site. */
export const POP_CHARACTERS_MAX = 32;

/** A code of a site: the reference has those of airports, and people name their own sites. */
const POP = new RegExp(`^[A-Z0-9](?:[A-Z0-9-]{0,${POP_CHARACTERS_MAX - 2}}[A-Z0-9])?$`);

/**
 * Returns the rule that the code of a site breaks; undefined: none. The site of a node and the sites that a load balancer names
 * have the same rule, so that each node can be named.
 */
export function popFault(code: string): string | undefined {
  if (POP.test(code)) return undefined;
  const upper = code.toUpperCase();
  const hint = POP.test(upper) ? ` (did you mean "${upper}"?)` : '';
  return `must be the code of a site: 1 to ${POP_CHARACTERS_MAX} upper-case letters, digits and hyphens, a letter or digit first and last${hint}`;
}
