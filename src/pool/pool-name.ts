import { LABEL_OCTETS_MAX } from '../dns/name.ts';

const POOL_NAME = new RegExp(`^[A-Za-z0-9_-]{1,${LABEL_OCTETS_MAX}}$`);

/** Returns true for a valid name of a pool: a single DNS label of letters, digits, hyphens and underscores. */
export function isPoolName(text: string): boolean {
  return POOL_NAME.test(text);
}

/** Returns a key that is equal for names that are the same label in the DNS, which ignores ASCII case (RFC 4343). */
export function poolNameKey(name: string): string {
  return name.toLowerCase();
}
