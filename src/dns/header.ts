/** Octets of a message header (RFC 1035 §4.1.1). */
export const HEADER_OCTETS = 12;
/** Octets of type and class behind a question's name (RFC 1035 §4.1.2). */
export const QUESTION_TAIL_OCTETS = 4;
/** Octets of type, class, TTL and length between a record's owner and its rdata (RFC 1035 §4.1.3). */
export const RECORD_TAIL_OCTETS = 10;
/** The least first octet of a compression pointer (RFC 1035 §4.1.4). */
export const POINTER = 0xc0;

/** Operation codes (RFC 1035 §4.1.1, RFC 1996 §3, RFC 2136 §1.3). */
export const Opcode = { QUERY: 0, NOTIFY: 4, UPDATE: 5 } as const;

/** Flags of the header's third octet. */
export const QR = 0x80;
export const AA = 0x04;
export const TC = 0x02;
export const RD = 0x01;
/** Where the opcode is in the third octet. */
export const OPCODE_MASK = 0x78;

/** The largest message there is: TCP's length field has two octets (RFC 1035 §4.2.2). */
export const MESSAGE_OCTETS_MAX = 65_535;
/** What a requestor without EDNS can take over UDP (RFC 1035 §4.2.1). */
export const PLAIN_UDP_OCTETS_MAX = 512;
