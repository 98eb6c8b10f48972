/** Octets of the nonce an echo request carries. */
export const NONCE_OCTETS = 16;

/** ICMP types of echo: RFC 792 for IPv4, RFC 4443 §4 for IPv6. */
const REQUEST = { 4: 8, 6: 128 } as const;
const REPLY = { 4: 0, 6: 129 } as const;
/** Type, code, checksum, identifier, sequence. */
const HEADER_OCTETS = 8;

/** What an echo reply brings back. */
export interface EchoReply {
  /** 0 to 65535. */
  readonly sequence: number;
  readonly nonce: Buffer;
}

/** Encodes an echo request; the kernel fills in the checksum and the identifier, which is the socket's own. */
export function encodeEchoRequest(family: 4 | 6, { sequence, nonce }: EchoReply): Buffer {
  const octets = Buffer.alloc(HEADER_OCTETS + nonce.length);
  octets[0] = REQUEST[family];
  octets.writeUInt16BE(sequence, HEADER_OCTETS - 2);
  octets.set(nonce, HEADER_OCTETS);
  return octets;
}

/** Decodes an echo reply with a nonce of ours in its whole; undefined for anything else. */
export function decodeEchoReply(family: 4 | 6, octets: Buffer): EchoReply | undefined {
  if (octets.length !== HEADER_OCTETS + NONCE_OCTETS) return undefined;
  if (octets[0] !== REPLY[family] || octets[1] !== 0) return undefined;
  return { sequence: octets.readUInt16BE(HEADER_OCTETS - 2), nonce: octets.subarray(HEADER_OCTETS) };
}
