import type { SipHashKey } from '../../dns/siphash.ts';
import * as fromSiphash from '../../dns/siphash.ts';
import type { Exchange } from '../exchange.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { SIPHASH_OCTETS, sipHash } = fromSiphash;

/** Octets of a client's cookie, and of the server's behind it (RFC 9018 §4). */
export const CLIENT_COOKIE_OCTETS = 8;
export const SERVER_COOKIE_OCTETS = 16;

/** A cookie older or newer than this is not accepted (RFC 9018 §4.3). */
export const COOKIE_AGE_SECONDS_MAX = 3_600;
export const COOKIE_AHEAD_SECONDS_MAX = 300;

const VERSION = 1;
const CLIENT_ADDRESS_OCTETS_MAX = 16;
/** Client cookie, version, reserved and time: all but the client's address of what is hashed. */
const HASHED_OCTETS = CLIENT_COOKIE_OCTETS + SERVER_COOKIE_OCTETS - SIPHASH_OCTETS;

/** Makes and checks DNS cookies: interoperable ones, that every node with the same secrets makes and accepts (RFC 9018). */
export interface Cookies {
  /** Whether the COOKIE data of `length` octets at `at` of the query holds a server cookie of ours for this client, in time. */
  isValid(exchange: Exchange, at: number, length: number, nowSeconds: number): boolean;
  /** Writes a server cookie for the client cookie at `from` of the query to the reply at `to`, SERVER_COOKIE_OCTETS long. */
  write(exchange: Exchange, from: number, to: number, nowSeconds: number): void;
}

/** Cookies under these secrets, at least one: the first makes, all are accepted, so that a secret can be rolled over. */
export function createCookies(secrets: readonly SipHashKey[]): Cookies {
  const message = new Uint8Array(HASHED_OCTETS + CLIENT_ADDRESS_OCTETS_MAX);
  const hash = new Uint8Array(SIPHASH_OCTETS);

  /** Client cookie, version, reserved and time are in `message`: adds the client's address. Octets of it all. */
  function addPeer({ peer, peerAt, peerOctets }: Exchange): number {
    for (let i = 0; i < peerOctets; i += 1) message[HASHED_OCTETS + i] = peer[peerAt + i]!;
    return HASHED_OCTETS + peerOctets;
  }

  return {
    isValid(exchange, at, length, nowSeconds) {
      const octets = exchange.query;
      if (length !== CLIENT_COOKIE_OCTETS + SERVER_COOKIE_OCTETS || octets[at + 8] !== VERSION) return false;
      const made =
        (octets[at + 12]! << 24) | (octets[at + 13]! << 16) | (octets[at + 14]! << 8) | octets[at + 15]!;
      // Serial number arithmetic, so that it goes on in 2106 (RFC 9018 §4.3, RFC 1982).
      const ageSeconds = (nowSeconds - made) | 0;
      if (ageSeconds > COOKIE_AGE_SECONDS_MAX || ageSeconds < -COOKIE_AHEAD_SECONDS_MAX) return false;
      for (let i = 0; i < HASHED_OCTETS; i += 1) message[i] = octets[at + i]!;
      const hashed = addPeer(exchange);
      for (let key = 0; key < secrets.length; key += 1) {
        sipHash(secrets[key]!, message, hashed, hash, 0);
        let difference = 0;
        for (let i = 0; i < SIPHASH_OCTETS; i += 1) difference |= hash[i]! ^ octets[at + HASHED_OCTETS + i]!;
        if (difference === 0) return true;
      }
      return false;
    },
    write(exchange, from, to, nowSeconds) {
      const { query, reply } = exchange;
      for (let i = 0; i < CLIENT_COOKIE_OCTETS; i += 1) message[i] = query[from + i]!;
      message[8] = VERSION;
      message[9] = 0;
      message[10] = 0;
      message[11] = 0;
      message[12] = nowSeconds >>> 24;
      message[13] = nowSeconds >>> 16;
      message[14] = nowSeconds >>> 8;
      message[15] = nowSeconds;
      for (let i = CLIENT_COOKIE_OCTETS; i < HASHED_OCTETS; i += 1)
        reply[to + i - CLIENT_COOKIE_OCTETS] = message[i]!;
      sipHash(secrets[0]!, message, addPeer(exchange), reply, to + SERVER_COOKIE_OCTETS - SIPHASH_OCTETS);
    },
  };
}
