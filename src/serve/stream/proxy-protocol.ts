import { brokenRule, HeaderKind, newProxyHeaderView, readProxyHeader } from '../udp/proxy-header.ts';

export { PROXY_PREFIX_OCTETS } from '../udp/proxy-header.ts';

/** Octets of the longest header that is accepted on a stream, with its TLVs: far more than any proxy sends. */
export const PROXY_HEADER_OCTETS_MAX = 4_096;

/** What a stream begins with. */
export type ProxyHeader =
  /** The beginning of a header, perhaps. */
  | { readonly kind: 'unfinished' }
  /** No header, or one that breaks `rule`. */
  | { readonly kind: 'broken'; readonly rule: string }
  /** A header of `octets` octets that names no client: the client is the other end of the socket. */
  | { readonly kind: 'unnamed'; readonly octets: number }
  /** A header of `octets` octets, and the address of the client (4 or 16 octets) that it names. */
  | { readonly kind: 'client'; readonly octets: number; readonly client: Uint8Array };

const view = newProxyHeaderView();

/** Reads a PROXY protocol header from the start of a stream, by the rules of readProxyHeader. */
export function parseProxyHeader(octets: Uint8Array): ProxyHeader {
  readProxyHeader(view, octets, 0, octets.length, PROXY_HEADER_OCTETS_MAX);
  const { kind, clientAt, clientOctets } = view;
  if (kind === HeaderKind.UNFINISHED) return { kind: 'unfinished' };
  if (kind === HeaderKind.UNNAMED) return { kind: 'unnamed', octets: view.octets };
  if (kind !== HeaderKind.CLIENT) return { kind: 'broken', rule: brokenRule(view) };
  const client = Uint8Array.from(octets.subarray(clientAt, clientAt + clientOctets));
  return { kind: 'client', octets: view.octets, client };
}
