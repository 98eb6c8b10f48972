import { Counter } from '../../answer/counters.ts';
import type { Exchange } from '../../answer/exchange.ts';
import { matches, type Prefix } from '../../answer/rate-limit.ts';
import { brokenRule, HeaderKind, newProxyHeaderView, readProxyHeader } from './proxy-header.ts';

/**
 * The longest header that is taken before a query by UDP, TLVs and all: with it a query of 1,024 octets fits what a
 * thread looks at (QUERY_OCTETS_MAX).
 */
export const PROXY_HEADER_UDP_OCTETS_MAX = 1_024;

/** Takes the header of a proxy off what came by UDP. */
export interface Unwrapper {
  /**
   * Makes the exchange, as it was received, that of the client whom the header names; one that no proxy sent is left as it
   * is. Returns false where a proxy sent it without a whole header: it must be dropped, is counted, and noted. Accepts any
   * octets and allocates nothing.
   */
  unwrap(exchange: Exchange): boolean;
}

/** The last datagram of a proxy that was dropped, in memory that threads share. Words, the last four being octets. */
const Note = { KIND: 0, FOUND: 1, ALLOWED: 2, PEER_OCTETS: 3, PEER: 4 } as const;
const NOTE_WORDS = 8;

/** Memory for a note. */
export function newMisproxiedNote(): SharedArrayBuffer {
  return new SharedArrayBuffer(NOTE_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/** What a note says: from whom (4 or 16 octets), and the rule. A thread that writes meanwhile may mix two of them. */
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

/** What takes off headers for these proxies, counting into a block and noting the last that it dropped. */
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
