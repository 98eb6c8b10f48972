import { foldName, formatName, isAtOrBelow, NameError, parseName, parseWrittenName } from '../../dns/name.ts';
import { toPunycode } from '../../rdata/punycode.ts';

/** An owner name of a zone, as records have it: without the final dot. `written` is what it was converted from, if it was. */
export interface OwnerText {
  readonly name: string;
  readonly written?: string;
}

/** A name that a body writes and that no record can have. The message is a whole sentence. */
export class OwnerError extends Error {
  override readonly name = 'OwnerError';
}

/**
 * Reads the owner name of a body: `@` is the zone itself; a name at or below the zone, and one with a final dot, is full; any other is
 * relative to the zone. Internationalised labels are converted to Punycode (RFC 5891). Throws OwnerError.
 */
export function ownerNameOf(text: string, zoneName: string): OwnerText {
  const zone = parseName(zoneName);
  const trimmed = text.trim();
  if (trimmed === '@') return { name: zoneName };
  const ascii = asciiName(trimmed);
  const refuse = (why: string) => new OwnerError(`DNS name "${text}" is invalid: it ${why}.`);
  try {
    const written = foldName(parseWrittenName(ascii));
    const isFull = zone.length === 1 || isAtOrBelow(written, zone);
    if (!isFull && /(?:^|[^\\])(?:\\\\)*\.$/.test(ascii)) throw refuse(`is not in the zone ${zoneName}`);
    const owner = isFull ? written : parseName(`${ascii}.${zoneName}`);
    const name = withoutFinalDot(formatName(owner));
    return ascii === trimmed ? { name } : { name, written: text };
  } catch (error) {
    if (error instanceof NameError) throw refuse(error.message);
    throw error;
  }
}

/** Converts the labels of a name that are not ASCII to Punycode (RFC 5891). Throws OwnerError where one cannot be converted. */
export function asciiName(text: string): string {
  try {
    return toPunycode(text);
  } catch (error) {
    if (error instanceof NameError)
      throw new OwnerError(`DNS name "${text}" is invalid: it ${error.message}.`);
    throw error;
  }
}

/** Returns a name in presentation form without its final dot, unless it is the root. */
export function withoutFinalDot(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}
