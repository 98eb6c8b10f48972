/**
 * Rounds the TTL of a host name's addresses down to a power of 2, at least 1 second. A cache counts its TTL down every
 * second, and observations need not change that often.
 */
export function steadyTtl(seconds: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, seconds)));
}
