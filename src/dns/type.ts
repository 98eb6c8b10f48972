/** Resource record types and query types by mnemonic (IANA DNS parameters). */
export const Type = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  RT: 21,
  PX: 26,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const;

/**
 * The type of a set that answers with the addresses of its CNAME's target. No query has it, since a query has 16 bits; in those it is
 * CNAME, the type of the record.
 */
export const FLATTENED_CNAME = 0x1_0000 | Type.CNAME;

/** The type of the records of a set. */
export function recordTypeOf(setType: number): number {
  return setType & 0xffff;
}

const mnemonics = new Map<number, string>(Object.entries(Type).map(([mnemonic, type]) => [type, mnemonic]));

/** The mnemonic of a type, or `TYPE` and its number where it has none here (RFC 3597 §5). */
export function typeName(type: number): string {
  return mnemonics.get(recordTypeOf(type)) ?? `TYPE${type}`;
}

/** Classes (RFC 1035 §3.2.4, RFC 2136 §2.4). */
export const Class = { IN: 1, CH: 3, NONE: 254, ANY: 255 } as const;

/**
 * Whether a type can be asked but no record of a zone can have it: OPT, and the range of Q and meta types
 * (RFC 6895 §3.1), ANY apart, which is answered (RFC 8482).
 */
export function isMetaType(type: number): boolean {
  return type === Type.OPT || (type >= 128 && type < 255);
}
