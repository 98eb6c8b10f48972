import { RdataError } from './codec.ts';
import { isMetaType, Type } from './type.ts';

/** The mnemonic of a type known only by its number (RFC 3597 §5). */
export type GenericType = `TYPE${number}`;

/** DNAME changes the answers of names below it (RFC 6672), so it cannot only be handed out. */
const DNAME = 39;
/** Types that mean something only in a signed zone: RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, CDS, CDNSKEY (RFC 4034, 5155, 7344). */
const OF_SIGNING: readonly number[] = [46, 47, 48, 50, 51, 59, 60];
/** Types that no number may name: those with a mnemonic here, and those that need more than to be handed out. */
const NOT_GENERIC: readonly number[] = [...Object.values(Type), DNAME, ...OF_SIGNING];

/**
 * The number in `TYPE731`; undefined for any other text, and for types that have a mnemonic here, that no record can
 * have, or that would need more than to be handed out (DNAME, and those of signed zones).
 */
export function parseGenericType(text: string): number | undefined {
  const number = /^TYPE(\d{1,5})$/.exec(text)?.[1];
  const type = Number(number ?? 0);
  return type === 0 || type > 0xffff || isMetaType(type) || NOT_GENERIC.includes(type) ? undefined : type;
}

/** Encodes `\# 3 abcdef`: the octets of rdata, and as many of them in hexadecimal, in as many words as one likes (RFC 3597 §5). Throws RdataError. */
export function encodeGenericRdata(text: string): Uint8Array {
  const [mark, length, ...words] = text.trim().split(/\s+/);
  const hex = words.join('');
  if (mark !== '\\#' || !/^\d{1,5}$/.test(length ?? '') || !/^([0-9a-f]{2})*$/i.test(hex))
    throw new RdataError('must be `\\# length hexadecimal-octets` (RFC 3597 §5)');
  const octets = Uint8Array.from(Buffer.from(hex, 'hex'));
  if (octets.length !== Number(length))
    throw new RdataError(`has ${octets.length} octets, and says ${length}`);
  return octets;
}
