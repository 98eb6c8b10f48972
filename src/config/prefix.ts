import { addressOctets } from '../dns/address-octets.ts';
import { type Reader, TextError, text } from '../input/reader.ts';

/** The first `bits` of an address of 4 or 16 octets. */
export interface Prefix {
  readonly octets: Uint8Array;
  readonly bits: number;
}

/** Parses `192.0.2.0/24` or `2001:db8::/32`; an address without a length has all its bits. Throws TextError. */
export function parsePrefix(found: string): Prefix {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(found) ?? [];
  const octets = addressOctets(address);
  if (octets === undefined) throw new TextError('must be an IP prefix such as 192.0.2.0/24 or 2001:db8::/32');
  const bits = length === undefined ? octets.length * 8 : Number(length);
  if (bits > octets.length * 8) throw new TextError(`has a length of ${bits}; ${octets.length * 8} at most`);
  return { octets, bits };
}

/** Reads an IP prefix. */
export const prefix: Reader<Prefix> = text(parsePrefix);

/** Reads the prefix of trusted proxies, as text. A prefix of all addresses is a mistake. */
export const trustedProxy: Reader<string> = text((found) => {
  if (parsePrefix(found).bits === 0)
    throw new TextError('has every address, so any client could claim any address; list only your proxies');
  return found;
});

/** The loopback prefixes. */
export const DEFAULT_EXEMPT: readonly Prefix[] = [parsePrefix('127.0.0.0/8'), parsePrefix('::1/128')];
