/** What goes into a PROXY protocol header; everything has a usual value. */
export interface ProxyHeaderSpec {
  readonly version?: number;
  readonly command?: number;
  readonly family?: number;
  /** Addresses and TLVs; 192.0.2.7:4242 to 192.0.2.53:53. */
  readonly body?: readonly number[];
}

const PORTS = [0x10, 0x92, 0, 53];

/** 192.0.2.7:4242 to 192.0.2.53:53. */
export const IPV4 = [192, 0, 2, 7, 192, 0, 2, 53, ...PORTS];

const DOCUMENTATION = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/** From 2001:db8::7. */
export const IPV6 = [...DOCUMENTATION, 7, ...DOCUMENTATION, 53, ...PORTS];

const V4_MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
/** From ::ffff:192.0.2.7. */
export const MAPPED = [...V4_MAPPED, 192, 0, 2, 7, ...V4_MAPPED, 192, 0, 2, 53, ...PORTS];

/** A header in wire form. */
export function proxyHeader({ version = 2, command = 1, family = 0x11, body = IPV4 }: ProxyHeaderSpec = {}) {
  const length = [body.length >> 8, body.length & 0xff];
  return Buffer.from([
    ...Buffer.from('\r\n\r\n\0\r\nQUIT\n'),
    (version << 4) | command,
    family,
    ...length,
    ...body,
  ]);
}

/** A TLV with so many octets of value. */
export function tlv(type: number, length: number): number[] {
  return [type, length >> 8, length & 0xff, ...Array<number>(length).fill(0xab)];
}
