/** Orders texts by their UTF-16 code units, as an argument of sort() does. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
