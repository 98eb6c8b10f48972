import type { WireName } from './name.ts';

/** Ends a label in a key. Octets of a label are one higher there, so that a label that ends sorts before one that goes on. */
const LABEL_END = '\0';

/**
 * A string for a name. Sorted by their code units, these strings stand in the canonical order of their names (RFC 4034
 * §6.1), and the string of a name begins with that of each name above it. That of the root is empty.
 */
export function orderKey(name: WireName): string {
  const starts: number[] = [];
  for (let at = 0; name[at] !== 0; at += 1 + name[at]!) starts.push(at);
  let key = '';
  for (let label = starts.length - 1; label >= 0; label -= 1) {
    const start = starts[label]! + 1;
    const end = start + name[start - 1]!;
    for (let at = start; at < end; at += 1) key += String.fromCharCode(name[at]! + 1);
    key += LABEL_END;
  }
  return key;
}

/** The key of the name above a key's; undefined for the root's. */
export function keyAbove(key: string): string | undefined {
  return key === '' ? undefined : key.slice(0, key.lastIndexOf(LABEL_END, key.length - 2) + 1);
}

/** The value of the nearest name at or above a key's that has one. */
export function nearest<V>(values: { get(key: string): V | undefined }, key: string): V | undefined {
  for (let at: string | undefined = key; at !== undefined; at = keyAbove(at)) {
    const found = values.get(at);
    if (found !== undefined) return found;
  }
  return undefined;
}
