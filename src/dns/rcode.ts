/** Response codes (RFC 1035 §4.1.1, RFC 2136 §2.2; BADVERS RFC 6891 §9, BADCOOKIE RFC 7873 §8). */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;
export type Rcode = (typeof Rcode)[keyof typeof Rcode];
