/** Octets of an OPT record without options: root owner, type, class, TTL, rdata length (RFC 6891 §6.1.2). */
export const OPT_OCTETS = 11;

/** The version of EDNS that is spoken (RFC 6891 §6.1.3). */
export const EDNS_VERSION = 0;

/**
 * The most a UDP answer holds, whatever the requestor can take, unless it is configured: what passes without fragments
 * nearly everywhere (RFC 9715 §3.2, DNS Flag Day 2020). It is also what the OPT record announces.
 */
export const UDP_OCTETS_MAX = 1232;

/** The most that UDP_OCTETS_MAX may be configured to be: what RFC 6891 §6.2.5 names as a good maximum. */
export const UDP_OCTETS_LIMIT = 4096;

/** DNSSEC OK, in the upper octet of OPT's flags (RFC 3225 §3). */
export const DO = 0x80;

/** EDNS option codes (IANA DNS EDNS0 Option Codes). */
export const Option = {
  NSID: 3,
  CLIENT_SUBNET: 8,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  EDE: 15,
} as const;
