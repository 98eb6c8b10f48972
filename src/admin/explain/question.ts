import { addressOctets } from '../../dns/address-octets.ts';
import { encodeQuery } from '../../dns/client-query.ts';
import { Option } from '../../dns/edns.ts';
import { NameError, parseName, type WireName } from '../../dns/name.ts';
import { Type } from '../../dns/type.ts';
import { parseAddress } from '../../pool/address.ts';
import { recordTypeNumber } from '../../rdata/record-type.ts';
import type { Problem } from '../http/problem.ts';

/** The question to explain. */
export interface Question {
  readonly name: WireName;
  readonly type: number;
  /** The address of the client, 4 or 16 octets. */
  readonly client: Uint8Array;
  /** The client subnet, with zeros behind its bits; undefined: none is given. */
  readonly subnet: Subnet | undefined;
  /** The query in wire form, with the client subnet where one is given. */
  readonly query: Uint8Array;
}

/** A client subnet: 4 or 16 octets, of which the first bits count. */
export interface Subnet {
  readonly octets: Uint8Array;
  readonly bits: number;
}

/** The question in the query of a URL. */
export interface Asked {
  readonly name: string;
  readonly type?: string;
  readonly client?: string;
  readonly ecs?: string;
}

/** Maximum octets of an answer by UDP that the query announces. */
const UDP_OCTETS = 1232;

/** Parses a question, or returns all its problems. A type is a mnemonic or `TYPE` and a number (default: A). */
export function questionOf({
  name,
  type = 'A',
  client = '127.0.0.1',
  ecs,
}: Asked): Question | readonly Problem[] {
  const problems: Problem[] = [];
  const wire = read(() => parseName(name));
  if (wire === undefined) problems.push({ pointer: '/name', rule: 'is not a domain name' });
  const asked = type.toUpperCase() === 'ANY' ? Type.ANY : recordTypeNumber(type);
  if (asked === undefined)
    problems.push({ pointer: '/type', rule: 'must be a type of records such as A, MX or TYPE65, or ANY' });
  const peer = octetsOf(client);
  if (peer === undefined) problems.push({ pointer: '/client', rule: 'must be an IPv4 or IPv6 address' });
  const subnet = ecs === undefined ? undefined : subnetOf(ecs);
  if (ecs !== undefined && subnet === undefined)
    problems.push({ pointer: '/ecs', rule: 'must be an IP prefix such as 192.0.2.0/24 or 2001:db8::/32' });
  if (wire === undefined || asked === undefined || peer === undefined || problems.length > 0) return problems;
  const query = encodeQuery(0, wire, asked);
  return { name: wire, type: asked, client: peer, subnet, query: subnet ? withSubnet(query, subnet) : query };
}

function read<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}

function octetsOf(text: string): Uint8Array | undefined {
  const { kind } = parseAddress(text);
  return kind === 'ipv4' || kind === 'ipv6' ? addressOctets(text) : undefined;
}

/** Bits of a client subnet whose length is not given: those that resolvers send (RFC 7871 §11.1). */
const SUBNET_BITS = { 4: 24, 16: 56 } as const;

function subnetOf(text: string): Subnet | undefined {
  const [, address = '', length] = /^([^/]*)(?:\/([0-9]{1,3}))?$/.exec(text) ?? [];
  const octets = octetsOf(address);
  const bits = Number(length ?? (octets?.length === 16 ? SUBNET_BITS[16] : SUBNET_BITS[4]));
  return octets && bits <= octets.length * 8 ? { octets: masked(octets, bits), bits } : undefined;
}

/** Returns an address with zeros behind its first bits. */
function masked(octets: Uint8Array, bits: number): Uint8Array {
  return octets.map((octet, i) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))));
}

/** Adds an OPT record with a CLIENT-SUBNET option (RFC 7871 §6): as many octets as the prefix needs. */
function withSubnet(query: Uint8Array, { octets, bits }: Subnet): Uint8Array {
  const prefix = octets.slice(0, Math.ceil(bits / 8));
  const family = octets.length === 4 ? 1 : 2;
  const data = [0, family, bits, 0, ...prefix];
  const option = [0, Option.CLIENT_SUBNET, 0, data.length, ...data];
  const opt = [0, 0, Type.OPT, UDP_OCTETS >> 8, UDP_OCTETS & 0xff, 0, 0, 0, 0, 0, option.length, ...option];
  const whole = Uint8Array.from([...query, ...opt]);
  whole[11] = 1; // ARCOUNT
  return whole;
}
