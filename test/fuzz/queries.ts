import { Option } from '../../src/dns/edns.ts';
import { type OptSpec, queryPacket, uint16 } from '../answer/query-packet.ts';
import { NAME_OF_KIND } from '../answer/steering/every-kind.ts';
import { oneOf, type Random } from './random.ts';

/** Names that lead to every kind of answer of the zones in zones.ts. */
const NAMES = [
  'www.example.org',
  'Web.Pools.Example.Org',
  'big.pools.example.org',
  'pick.pools.example.org',
  'six.pools.example.org',
  'none.pools.example.org',
  'pools.example.org',
  'a.b.c.wild.example.org',
  'alias.example.org',
  'loop.example.org',
  'x.cut.example.org',
  'cut.example.org',
  'example.org',
  'text.example.org',
  'no.example.org',
  'example.com',
  'www.example.net',
  'x.b',
  '.',
  `${'a.'.repeat(121)}example.org`,
  `${'x'.repeat(63)}.example.org`,
  'mail.example.org',
  '_s._tcp.example.org',
  'svc.example.org',
  'ali.d.example.org',
  'WWW.d.example.org',
  'a.d.d.example.org',
  'a.ring.example.org',
  `${'y'.repeat(60)}.far.example.org`,
  'version.bind',
  'id.server',
  ...NAME_OF_KIND.values(),
];
/** Also types that nobody can have, and one that nobody knows. */
const TYPES = [
  ...Array<number>(12).fill(1),
  28,
  28,
  28,
  28,
  2,
  5,
  6,
  12,
  15,
  16,
  33,
  43,
  255,
  257,
  41,
  249,
  250,
  251,
  252,
  65,
  65,
  39,
  0,
  65_280,
];
const CLASSES = [...Array<number>(16).fill(1), 3, 3, 255, 254, 0];
const UDP_OCTETS = [0, 511, 512, 513, 1231, 1232, 1233, 4096, 65_535];
/** OPCODE QUERY with and without RD, AD and CD; NOTIFY, UPDATE, IQUERY, STATUS, DSO; a response. */
const FLAGS = [0x0100, 0x0000, 0x0110, 0x0130, 0x2400, 0x2800, 0x0800, 0x1000, 0x3000, 0x7800, 0x8180];
/** RFC 7830. */
const PADDING = 12;
/** CLIENT-SUBNET data, but for the last five as they should be. */
const SUBNETS = [
  '000118000a0102',
  '000117000a0102',
  '000120000a010203',
  '0002300020010db80001',
  '0002800020010db8000100000000000000000007',
  '00020000',
  '00011800c00002',
  '0002380020010db8000000',
  '00000000',
  '00011800c00002',
  '00010000',
  '00011800c0000201',
  '00012100c0000201ff',
  '00011818c00002',
  '000300',
];

/** Server cookies that clients have learnt, hexadecimal: client and server cookie together. */
export type Learnt = readonly string[];

/** A query of any kind, mostly one that a client could send. */
export function anyQuery(random: Random, learnt: Learnt): Uint8Array {
  const flags = random(4) === 0 ? oneOf(random, FLAGS) : 0x0100;
  const packet = queryPacket({
    name: oneOf(random, NAMES),
    type: oneOf(random, TYPES),
    class: oneOf(random, CLASSES),
    id: random(0x1_0000),
    flags,
    opts: random(3) === 0 ? [] : [anyOpt(random, learnt)],
  });
  return random(40) === 0 ? withSoa(packet) : packet;
}

function anyOpt(random: Random, learnt: Learnt): OptSpec {
  const options = Array.from({ length: random(5) }, () => anyOption(random, learnt));
  return {
    udpOctetsMax: oneOf(random, UDP_OCTETS),
    version: random(20) === 0 ? random(256) : 0,
    flags: oneOf(random, [0, 0, 0x8000, 0x8000, 0xffff]),
    options,
  };
}

function anyOption(random: Random, learnt: Learnt): { code: number; data: string } {
  switch (random(8)) {
    case 0:
      return { code: Option.NSID, data: random(10) === 0 ? octets(random, random(70)) : '' };
    case 1:
      return { code: Option.CLIENT_SUBNET, data: oneOf(random, SUBNETS) };
    case 2:
      return { code: Option.COOKIE, data: octets(random, oneOf(random, [8, 8, 8, 16, 24, 24, 40])) };
    case 3:
      if (learnt.length > 0) return { code: Option.COOKIE, data: oneOf(random, learnt) };
      return { code: Option.COOKIE, data: octets(random, random(45)) };
    case 4:
      return { code: Option.TCP_KEEPALIVE, data: oneOf(random, ['', '', '0064', '00']) };
    case 5:
      return { code: PADDING, data: '00'.repeat(random(300)) };
    case 6:
      return { code: Option.EDE, data: octets(random, random(8)) };
    default:
      return { code: random(0x1_0000), data: octets(random, random(30)) };
  }
}

/** An IXFR's, or a NOTIFY's: the SOA of the root is in the authority section. */
function withSoa(packet: Uint8Array): Uint8Array {
  const head = Buffer.from(packet.subarray(0, 12));
  head.writeUInt16BE(1, 8);
  const soa = [0, ...uint16(6), ...uint16(1), 0, 0, 0, 0, ...uint16(22), 0, 0, ...Array(20).fill(1)];
  // Before the records of the additional section: the question is all that comes earlier.
  let end = 12;
  while (packet[end] !== 0) end += 1 + packet[end]!;
  end += 5;
  return Buffer.concat([head, packet.subarray(12, end), Buffer.from(soa), packet.subarray(end)]);
}

function octets(random: Random, count: number): string {
  return Array.from({ length: count }, () => random(256).toString(16).padStart(2, '0')).join('');
}
