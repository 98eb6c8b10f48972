/** Where a message is in a gRPC stream: one octet that says whether it is compressed, four of its length. */
const PREFIX_OCTETS = 5;
/** Maximum octets of a stream with one HealthCheckResponse, which takes seven. */
export const STREAM_OCTETS_MAX = 1_024;

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
export const ServingStatus = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;

/** A stream of one HealthCheckRequest: field 1 is the service, left out for the server as a whole. */
export function encodeHealthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.of(0x0a, ...varint(name.length)), name]);
  const prefix = Buffer.alloc(PREFIX_OCTETS);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/**
 * The status in a stream of exactly one HealthCheckResponse: field 1, UNKNOWN when it is left out, the last where it
 * is there again; other fields are passed over. undefined for any other octets.
 */
export function decodeHealthResponse(stream: Uint8Array): number | undefined {
  const octets = Buffer.from(stream);
  if (octets.length < PREFIX_OCTETS || octets[0] !== 0) return undefined;
  if (octets.readUInt32BE(1) !== octets.length - PREFIX_OCTETS) return undefined;
  let status: number = ServingStatus.UNKNOWN;
  let at = PREFIX_OCTETS;
  /** Unsigned; more than 32 bits lose their upper ones, which no number here has. */
  const read = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const octet = octets[at++];
      if (octet === undefined) break;
      if (shift < 32) value |= (octet & 0x7f) << shift;
      if (octet < 0x80) return value >>> 0;
    }
    return Number.NaN;
  };
  while (at < octets.length) {
    const tag = read();
    const wireType = tag & 7;
    if (Number.isNaN(tag) || tag >>> 3 === 0) return undefined;
    if (wireType === 0) {
      const value = read();
      if (Number.isNaN(value)) return undefined;
      if (tag >>> 3 === 1) status = value;
    } else if (wireType === 2) {
      const length = read();
      at += length;
    } else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else return undefined;
    if (!(at <= octets.length)) return undefined;
  }
  return status;
}

/** Base 128, the lowest seven bits first (Protocol Buffers' encoding). */
function varint(value: number): number[] {
  const octets: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return [...octets, left];
    octets.push((left & 0x7f) | 0x80);
  }
}
