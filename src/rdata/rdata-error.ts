/** Text, JSON or octets that are not the rdata of their type. The message continues after the text: `is not an IPv4 address`. */
export class RdataError extends Error {
  override readonly name = 'RdataError';
}

/** Octets of a character-string (RFC 1035 §3.3). */
export const CHARACTER_STRING_OCTETS_MAX = 255;
/** Octets of one record's rdata (RFC 1035 §3.2.1). */
export const RDATA_OCTETS_MAX = 0xffff;
