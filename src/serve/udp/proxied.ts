import { Counter } from '../../answer/counters.ts';
import type { Exchange } from '../../answer/exchange.ts';
import { matches, type Prefix } from '../../answer/rate-limit.ts';
import { brokenRule, HeaderKind, newProxyHeaderView, readProxyHeader } from './proxy-header.ts';

/**
 * Octets of the longest header that is accepted before a query by UDP, with its TLVs. Behind it a query of 1,024 octets fits into what a
 * thread receives (QUERY_OCTETS_MAX).
 */
export const PROXY_HEADER_UDP_OCTETS_MAX = 1_024;

/** Removes the headers of proxies from queries by UDP. */
export interface Unwrapper {
  /**
   * Makes the received exchange that of the client that the header names. An exchange that no proxy sent stays as it is. Returns false
   * when a proxy sent it without a whole header: then it is counted and noted, and must be dropped. Accepts any octets and allocates
   * nothing.
   */
  unwrap(exchange: Exchange): boolean;
}

/** Words of a note about the last dropped datagram of a proxy, in memory that threads share. From PEER on they are octets. */
const Note = { KIND: 0, FOUND: 1, ALLOWED: 2, PEER_OCTETS: 3, PEER: 4 } as const;
const NOTE_WORDS = 8;

/** Creates memory for a note. */
export function newMisproxiedNote(): SharedArrayBuffer {
  return new SharedArrayBuffer(NOTE_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/** Reads a note: the proxy (4 or 16 octets), and the broken rule. When a thread writes meanwhile, two notes may mix. */
export function readMisproxiedNote(note: SharedArrayBuffer): { from: Uint8Array; rule: string } {
  const words = new Int32Array(note);
  const octets = new Uint8Array(note, Note.PEER * 4, words[Note.PEER_OCTETS]);
  return {
    from: Uint8Array.from(octets),
    rule: brokenRule({
      kind: words[Note.KIND]!,
      found: words[Note.FOUND]!,
      allowed: words[Note.ALLOWED]!,
    }),
  };
}

/** Creates an unwrapper for these proxies. It counts dropped datagrams into a block, and notes the last one. */
export function createUnwrapper(
  proxies: readonly Prefix[],
  counters: Float64Array,
  note: SharedArrayBuffer,
): Unwrapper {
  const proxies4 = proxies.filter(({ octets }) => octets.length === 4);
  const proxies6 = proxies.filter(({ octets }) => octets.length === 16);
  const view = newProxyHeaderView();
  const words = new Int32Array(note);
  const notedPeer = new Uint8Array(note, Note.PEER * 4);

  function isProxy({ peer, peerAt, peerOctets }: Exchange): boolean {
    const prefixes = peerOctets === 4 ? proxies4 : proxies6;
    for (let i = 0; i < prefixes.length; i += 1) if (matches(prefixes[i]!, peer, peerAt)) return true;
    return false;
  }

  function drop({ peer, peerAt, peerOctets }: Exchange): false {
    counters[Counter.MISPROXIED]! += 1;
    words[Note.KIND] = view.kind;
    words[Note.FOUND] = view.found;
    words[Note.ALLOWED] = view.allowed;
    words[Note.PEER_OCTETS] = peerOctets;
    for (let i = 0; i < peerOctets; i += 1) notedPeer[i] = peer[peerAt + i]!;
    return false;
  }

  return {
    unwrap(exchange) {
      if (!isProxy(exchange)) return true;
      const { query, queryAt, queryOctets } = exchange;
      readProxyHeader(view, query, queryAt, queryAt + queryOctets, PROXY_HEADER_UDP_OCTETS_MAX);
      if (view.kind !== HeaderKind.CLIENT && view.kind !== HeaderKind.UNNAMED) return drop(exchange);
      exchange.queryAt = queryAt + view.octets;
      exchange.queryOctets = queryOctets - view.octets;
      if (view.kind === HeaderKind.UNNAMED) return true;
      exchange.peer = query;
      exchange.peerAt = view.clientAt;
      exchange.peerOctets = view.clientOctets;
      return true;
    },
  };
}
