import {
  foldName,
  formatName,
  isAtOrBelow,
  NameError,
  parseWrittenName,
  type WireName,
} from '../../dns/name.ts';
import { TextError } from '../../input/reader.ts';
import { toPunycode } from '../../rdata/punycode.ts';

/**
 * Parses a full name, with or without the final dot, and keeps its case. Refuses one label without the dot, which is most
 * likely meant to be relative; only `name` and `pools` can be relative. Throws TextError.
 */
export function parseFullName(text: string): Uint8Array {
  const name = parseWritten(text);
  if (isOneLabel(name) && !endsInDot(text))
    throw new TextError(
      'has only one label; write the full name, or end it with a dot if it is the full name',
    );
  return name;
}

/** Parses the name of a zone: a full name, also of one label. Throws TextError. */
export function parseApex(text: string): WireName {
  const name = parse(text);
  if (isWildcard(name)) throw new TextError('is a wildcard, which cannot be a zone (RFC 4592 §4.1)');
  return name;
}

/**
 * Parses an owner name as zone files write it: `@` is the apex, a name with a final dot is full, any other is relative
 * to the apex. Throws TextError, also for a full name outside the zone.
 */
export function parseOwner(text: string, apex: WireName): WireName {
  if (text === '@') return apex;
  const name = parse(text);
  const zone = formatName(apex);
  if (endsInDot(text)) {
    if (!isAtOrBelow(name, apex)) throw new TextError(`is outside the zone ${zone}`);
    return name;
  }
  if (apex.length > 1 && isAtOrBelow(name, apex)) {
    const [relative, full] = [formatOwner(name, apex), formatName(name)];
    const either = relative === full ? `"${full}"` : `"${relative}" or "${full}"`;
    throw new TextError(`ends in the name of the zone; write ${either}`);
  }
  return parse(apex.length > 1 ? `${text}.${zone}` : text);
}

/** Formats an owner name for parseOwner(), relative to the apex where that means the same name. */
export function formatOwner(name: WireName, apex: WireName): string {
  if (name.length === apex.length) return '@';
  const full = formatName(name);
  const relative = full.slice(0, apex.length === 1 ? -1 : -formatName(apex).length - 1);
  return apex.length > 1 && isAtOrBelow(parse(relative), apex) ? full : relative;
}

/** Formats a full name for parseFullName(): without its final dot, unless it is one label or the root. */
export function formatFullName(name: Uint8Array): string {
  return name.length === 1 || isOneLabel(name) ? formatName(name) : formatName(name).slice(0, -1);
}

/** Returns true for a name with a single label before the root. */
export function isOneLabel(name: Uint8Array): boolean {
  return name.length > 1 && name[1 + name[0]!] === 0;
}

/** Returns true when the first label of a name is an asterisk (RFC 4592 §2.1.1). */
export function isWildcard(name: WireName): boolean {
  return name[0] === 1 && name[1] === 0x2a;
}

/** Returns true when a name in presentation form ends in a dot that is not escaped. */
export function endsInDot(text: string): boolean {
  return /^(?:[^\\]|\\.)*\.$/s.test(text) && !/^(?:[^\\]|\\.)*\\\.$/s.test(text);
}

function parse(text: string): WireName {
  return foldName(parseWritten(text));
}

function parseWritten(text: string): Uint8Array {
  try {
    return parseWrittenName(toPunycode(text));
  } catch (error) {
    if (error instanceof NameError) throw new TextError(`is not a domain name (${error.message})`);
    throw error;
  }
}
