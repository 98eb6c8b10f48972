/**
 * The TTL of a host name's addresses, as observations have it: rounded down to a power of 2, at least 1 second. What a
 * cache says of it falls from second to second, and not each of these is news.
 */
export function steadyTtl(seconds: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, seconds)));
}
