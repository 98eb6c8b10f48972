import * as fromClientHash from '../../load-balancer/steering/client-hash.ts';
import * as fromLocate from '../../place/locate.ts';
import * as fromEdnsQuery from '../edns/edns-query.ts';
import type { Exchange } from '../exchange.ts';
import type { Query } from '../query.ts';
import type { TableReader } from '../reader.ts';
import * as fromLayout from './layout.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { clientHash, PEER_BITS } = fromClientHash;
const { bitsIn, countryNumberOf, locate, numberIn, pointAt, regionNumberOf, Tree } = fromLocate;
const { SUBNET_HEAD_OCTETS } = fromEdnsQuery;
const { ProgramFlag } = fromLayout;

/** The client of one query, as steering sees it. Filled again for every query. */
export interface Client {
  /** The query has EDNS Client Subnet: its address with zeros behind the prefix, 4 or 16 octets, or none where the prefix has no bits; and bits of the prefix. */
  hasSubnet: boolean;
  readonly subnet: Uint8Array;
  subnetOctets: number;
  subnetBits: number;
  /** The address that asks: 4 or 16 octets of `peer` from `peerAt`. */
  peer: Uint8Array;
  peerAt: number;
  peerOctets: number;
  /** Bits of the subnet's address that decided the answer so far. */
  scopeBits: number;
  /** Where it is, in parts of the earth's radius (place/point.ts). */
  hasPoint: boolean;
  x: number;
  y: number;
  z: number;
}

const IPV6_OCTETS = 16;

/** To be filled. */
export function newClient(): Client {
  const subnet = new Uint8Array(IPV6_OCTETS);
  return {
    hasSubnet: false,
    subnet,
    subnetOctets: 0,
    subnetBits: 0,
    peer: subnet,
    peerAt: 0,
    peerOctets: 0,
    scopeBits: 0,
    hasPoint: false,
    x: 0,
    y: 0,
    z: 0,
  };
}

/** Fills in who asks. */
export function learnClient(client: Client, exchange: Exchange, query: Query): void {
  client.peer = exchange.peer;
  client.peerAt = exchange.peerAt;
  client.peerOctets = exchange.peerOctets;
  client.scopeBits = 0;
  client.hasSubnet = query.subnetOctets !== 0;
  client.subnetOctets = 0;
  client.subnetBits = 0;
  if (!client.hasSubnet) return;
  const octets = exchange.query;
  const at = query.subnetAt;
  // The family is 0, which has no address, 1 or 2 (RFC 7871 §6; parseOptions has seen to that).
  const family = octets[at + 1]!;
  client.subnetBits = octets[at + 2]!;
  // A subnet of no bits has no address, and so is not hashed (RFC 7871 §7.1.2).
  if (client.subnetBits === 0) return;
  client.subnetOctets = family === 1 ? 4 : IPV6_OCTETS;
  const given = query.subnetOctets - SUBNET_HEAD_OCTETS;
  for (let i = 0; i < client.subnetOctets; i += 1)
    client.subnet[i] = i < given ? octets[at + SUBNET_HEAD_OCTETS + i]! : 0;
}

/** Notes that so many bits of the subnet's address decided. A subnet of no bits decides nothing (RFC 7871 §7.1.2). */
export function noteBits(client: Client, bits: number): void {
  if (client.subnetBits !== 0 && bits > client.scopeBits) client.scopeBits = bits;
}

/** Looks the client up in a tree of the locator; returns a number of the tree; 0: unknown. */
function look(client: Client, table: TableReader, located: number, tree: number): number {
  const { locator } = table;
  if (locator.length === 0) return 0;
  if (located === ProgramFlag.BY_PEER)
    return numberIn(locate(locator, tree, client.peer, client.peerAt, client.peerOctets));
  if (client.subnetBits === 0) return 0;
  const found = locate(locator, tree, client.subnet, 0, client.subnetOctets);
  noteBits(client, bitsIn(found));
  return numberIn(found);
}

/** The number of the region where the client is; 0: unknown. `located`: one of ProgramFlag. */
export function regionOf(client: Client, table: TableReader, located: number): number {
  const area = look(client, table, located, Tree.AREAS);
  return area === 0 ? 0 : regionNumberOf(table.locator, area);
}

/** The number of the country where the client is; 0: unknown. */
export function countryOf(client: Client, table: TableReader, located: number): number {
  const area = look(client, table, located, Tree.AREAS);
  return area === 0 ? 0 : countryNumberOf(table.locator, area);
}

/** Fills in where the client is; where nothing else locates it, at the node, whose point is at a word. */
export function learnPoint(client: Client, table: TableReader, located: number, nodePoint: number): void {
  if (located === 0) {
    takePoint(client, table.words, nodePoint);
    return;
  }
  const place = look(client, table, located, Tree.PLACES);
  if (place === 0) client.hasPoint = false;
  else takePoint(client, table.locator, pointAt(table.locator, place));
}

/** Takes the point at a word; all 0: unknown. */
function takePoint(client: Client, words: Int32Array, at: number): void {
  client.x = words[at]!;
  client.y = words[at + 1]!;
  client.z = words[at + 2]!;
  client.hasPoint = (client.x | client.y | client.z) !== 0;
}

/** The hash of the client: of its subnet, where there is one with bits and it may be used, otherwise of the peer's network. */
export function hashOf(client: Client, mayUseSubnet: boolean): number {
  if (client.subnetBits > 0 && mayUseSubnet) {
    noteBits(client, client.subnetBits);
    return clientHash(client.subnet, 0, client.subnetBits);
  }
  return clientHash(client.peer, client.peerAt, client.peerOctets === 4 ? PEER_BITS.ipv4 : PEER_BITS.ipv6);
}
