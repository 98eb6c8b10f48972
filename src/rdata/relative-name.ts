import { NAME_OCTETS_MAX, NameError, parseWrittenName, type WireName } from '../dns/name.ts';
import { toPunycode } from './punycode.ts';

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/**
 * Parses a name of a zone file and keeps its case: `@` is the origin, a name with a final dot is full, any other is relative to the
 * origin (RFC 1035 §5.1). What is not ASCII is converted to Punycode. Throws NameError.
 */
export function parseRelativeName(text: string, origin: WireName): Uint8Array {
  if (text === '@') return origin;
  const name = parseWrittenName(toPunycode(text));
  if (endsInDot(text)) return name;
  const octets = name.length - 1 + origin.length;
  if (octets > NAME_OCTETS_MAX) throw new NameError(`has ${octets} octets; ${NAME_OCTETS_MAX} at most`);
  const full = new Uint8Array(octets);
  full.set(name);
  full.set(origin, name.length - 1);
  return full;
}

/** Returns true where a text ends in a dot that no backslash escapes. */
function endsInDot(text: string): boolean {
  if (text.charCodeAt(text.length - 1) !== DOT) return false;
  let slashes = 0;
  while (text.charCodeAt(text.length - 2 - slashes) === BACKSLASH) slashes += 1;
  return slashes % 2 === 0;
}
