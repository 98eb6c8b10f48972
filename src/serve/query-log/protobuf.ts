/** The fields of a Protocol Buffers message that dnstap has (https://protobuf.dev/programming-guides/encoding/). */

const WireType = { VARINT: 0, LENGTH: 2, FIXED32: 5 } as const;

/** A whole number from 0 to 2^53 - 1. */
export function varintField(field: number, value: number): Buffer {
  return Buffer.of(...varint(field * 8 + WireType.VARINT), ...varint(value));
}

/** Octets, or a message. */
export function bytesField(field: number, octets: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(...varint(field * 8 + WireType.LENGTH), ...varint(octets.length)), octets]);
}

/** A whole number of 32 bits, in four octets. */
export function fixed32Field(field: number, value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32LE(value);
  return Buffer.concat([Buffer.of(...varint(field * 8 + WireType.FIXED32)), octets]);
}

function varint(value: number): number[] {
  const octets: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) octets.push((left % 0x80) | 0x80);
  return [...octets, left];
}
