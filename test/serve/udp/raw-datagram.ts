import type { ListenAddress } from '../../../src/config/config.ts';
import { AF_INET, addressOf, hasBatchedCalls, openLibc } from '../../../src/serve/udp/socket/libc.ts';
import { encodeSocketAddress } from '../../../src/serve/udp/socket/socket-address.ts';

const SOCK_RAW = 3;
const IPPROTO_UDP = 17;
const UDP_HEADER_OCTETS = 8;
const MMSGHDR_WORDS = 8;

/** Whether this process may make datagrams with headers of its own. */
export const canSendRaw = process.getuid?.() === 0 && hasBatchedCalls() && isAllowed();

function isAllowed(): boolean {
  const libc = openLibc();
  const fd = libc.socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
  if (fd >= 0) libc.close(fd);
  return fd >= 0;
}

/** Sends a UDP datagram over IPv4 that says it is from any port, 0 too, which no ordinary socket can have. */
export function sendFromPort(source: number, payload: Uint8Array, to: ListenAddress): void {
  const datagram = new Uint8Array(UDP_HEADER_OCTETS + payload.length);
  const header = new DataView(datagram.buffer);
  header.setUint16(0, source);
  header.setUint16(2, to.port);
  // The checksum stays 0: there is none (RFC 768).
  header.setUint16(4, datagram.length);
  datagram.set(payload, UDP_HEADER_OCTETS);
  // A raw socket takes the port for a protocol: 0 is none.
  const name = encodeSocketAddress({ ...to, port: 0 });
  const piece = BigUint64Array.of(BigInt(addressOf(datagram.buffer)), BigInt(datagram.length));
  // struct mmsghdr: name, its length, pieces, their number; no control data, no flags.
  const message = new BigUint64Array(MMSGHDR_WORDS);
  message.set([BigInt(addressOf(name.buffer)), BigInt(name.length), BigInt(addressOf(piece.buffer)), 1n]);
  const libc = openLibc();
  const fd = libc.socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
  const sent = libc.sendmmsg(fd, addressOf(message.buffer), 1, 0);
  libc.close(fd);
  if (sent !== 1) throw new Error('a raw datagram was not sent');
}
