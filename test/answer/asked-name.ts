import { parseName, type Query } from '../../src/answer/query.ts';
import { HEADER_OCTETS } from '../../src/dns/header.ts';

/** Has a query ask for a name in wire form, which is behind a header as in a packet. Returns the query. */
export function askFor(query: Query, name: Uint8Array): Query {
  const packet = new Uint8Array(HEADER_OCTETS + name.length).fill(0xff, 0, HEADER_OCTETS);
  packet.set(name, HEADER_OCTETS);
  parseName(query, new DataView(packet.buffer), HEADER_OCTETS, packet.length);
  return query;
}
