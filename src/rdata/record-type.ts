import { isMetaType, Type, typeName } from '../dns/type.ts';
import { LAID_OUT_TYPES } from './layout/record-types.ts';

/** Types that only a signed zone has, and that signing makes (RFC 4034, RFC 5155, RFC 7344). */
const OF_SIGNING: readonly number[] = [
  Type.RRSIG,
  Type.NSEC,
  Type.DNSKEY,
  Type.NSEC3,
  Type.NSEC3PARAM,
  Type.CDS,
  Type.CDNSKEY,
];

const numbers = new Map<string, number>(Object.entries(Type));

/**
 * The number of a type of records from its mnemonic or from `TYPE` and its number (RFC 3597 §5), in any case; undefined for any
 * other text, and for types that no record can have.
 */
export function recordTypeNumber(text: string): number | undefined {
  const name = text.toUpperCase();
  const number = /^TYPE(\d{1,5})$/.exec(name)?.[1];
  const type = number === undefined ? numbers.get(name) : Number(number);
  if (type === undefined || type === 0 || type > 0xffff) return undefined;
  return type === Type.ANY || isMetaType(type) ? undefined : type;
}

/** The mnemonic of a type of records, or `TYPE` and its number where it has no layout here (RFC 3597 §5). */
export const recordTypeName = typeName;

/** Says why people cannot write records of a type; undefined: they can. The words continue after the type. */
export function whyNotAuthored(type: number): string | undefined {
  if (type === Type.SOA) return 'is made from the settings of the zone';
  if (OF_SIGNING.includes(type)) return 'is a type of signed zones, which are not served yet';
  return undefined;
}

/** Mnemonics of the types that people can write records of, in alphabetical order; every other one is written as `TYPE` and its number. */
export const AUTHORED_TYPES: readonly string[] = LAID_OUT_TYPES.filter(
  (type) => whyNotAuthored(type) === undefined,
)
  .map(typeName)
  .sort();
