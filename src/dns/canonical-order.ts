import { NAME_OCTETS_MAX, type WireName } from './name.ts';

/** Ends a label in a key. Octets of a label are one higher there, so that a label that ends sorts before one that goes on. */
const LABEL_END = '\0';

/**
 * A string for a name. Sorted by their code units, these strings are in the canonical order of their names (RFC 4034
 * §6.1), and the string of a name begins with that of each name above it. That of the root is empty.
 */
export function orderKey(name: WireName): string {
  const length = name.length - 1;
  let to = length;
  for (let at = 0; name[at] !== 0; ) {
    const octets = name[at]!;
    to -= octets + 1;
    for (let i = 0; i < octets; i += 1) {
      const octet = name[at + 1 + i]!;
      // One more than this is no octet.
      if (octet === 0xff) return keyOfAny(name);
      latin[to + i] = octet + 1;
    }
    latin[to + octets] = 0;
    at += octets + 1;
  }
  return latin.toString('latin1', 0, length);
}

/** Where keys are made. */
const latin = Buffer.alloc(NAME_OCTETS_MAX);

/** The key of a name of any octets. */
function keyOfAny(name: WireName): string {
  let key = '';
  for (let at = 0; name[at] !== 0; at += 1 + name[at]!) {
    const label = name.subarray(at + 1, at + 1 + name[at]!);
    key = `${String.fromCharCode(...Array.from(label, (octet) => octet + 1))}${LABEL_END}${key}`;
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
