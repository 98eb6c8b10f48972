/** How a query came, which bounds its answer. */
export const Transport = { UDP: 0, TCP: 1, DOT: 2, DOH: 3 } as const;

/**
 * One query and the room for its answer. A caller keeps one for its lifetime and fills it again for every query, since
 * answering must not allocate.
 */
export interface Exchange {
  /** The query: `queryOctets` octets from `queryAt`, whatever they are. */
  query: Uint8Array;
  queryAt: number;
  queryOctets: number;
  /** Where the answer goes: from `replyAt`, with room for the settings' `udpOctetsMax` by UDP and for MESSAGE_OCTETS_MAX otherwise. */
  reply: Uint8Array;
  replyAt: number;
  /** One of Transport. */
  transport: number;
  /** The client's IP address: 4 or 16 octets of `peer` from `peerAt`. */
  peer: Uint8Array;
  peerAt: number;
  peerOctets: number;
}

/** An exchange over one transport, to be filled. */
export function newExchange(transport: number): Exchange {
  return {
    query: new Uint8Array(),
    queryAt: 0,
    queryOctets: 0,
    reply: new Uint8Array(),
    replyAt: 0,
    transport,
    peer: new Uint8Array(16),
    peerAt: 0,
    peerOctets: 4,
  };
}
