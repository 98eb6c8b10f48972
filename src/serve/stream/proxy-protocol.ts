import { brokenRule, HeaderKind, newProxyHeaderView, readProxyHeader } from '../udp/proxy-header.ts';

export { PROXY_PREFIX_OCTETS } from '../udp/proxy-header.ts';

/** The longest header that is taken on a stream, TLVs and all: far more than any proxy sends. */
export const PROXY_HEADER_OCTETS_MAX = 4_096;

/** What stands at the start of a stream. */
export type ProxyHeader =
  /** So far it may become a header. */
  | { readonly kind: 'unfinished' }
  /** It is none, or one that breaks a rule, which `rule` says. */
  | { readonly kind: 'broken'; readonly rule: string }
  /** A header of so many octets that names no client: the socket's own address holds. */
  | { readonly kind: 'unnamed'; readonly octets: number }
  /** A header of so many octets, and the address of the client (4 or 16 octets) that it names. */
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
