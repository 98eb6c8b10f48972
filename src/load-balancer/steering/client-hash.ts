/** Bits of a peer's address that are hashed: what one network has, so that its resolvers are treated alike. */
export const PEER_BITS = { ipv4: 24, ipv6: 56 } as const;

/** Starts a hash of 32 bits (FNV-1a). */
const HASH_SEED = 0x811c_9dc5 | 0;

/** Adds an octet to a hash. */
function hashOctet(hash: number, octet: number): number {
  return Math.imul(hash ^ octet, 0x0100_0193);
}

/** Spreads a hash, so that each bit of what was hashed changes half of its bits (the finish of MurmurHash3). */
function spread(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85eb_ca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2_ae35);
  return mixed ^ (mixed >>> 16);
}

/** Hashes the first `bits` of an address of 4 or 16 octets at `at`. */
export function clientHash(octets: Uint8Array, at: number, bits: number): number {
  const whole = bits >>> 3;
  let hash = hashOctet(HASH_SEED, bits);
  for (let i = 0; i < whole; i += 1) hash = hashOctet(hash, octets[at + i]!);
  const rest = bits & 7;
  if (rest !== 0) hash = hashOctet(hash, octets[at + whole]! & (0xff00 >> rest));
  return spread(hash);
}

/** Returns the key of a member in hashes of clients: the hash of its address, `count` octets at `at`. */
export function memberKey(octets: Uint8Array, at: number, count: number): number {
  let hash = HASH_SEED;
  for (let i = 0; i < count; i += 1) hash = hashOctet(hash, octets[at + i]!);
  return hash;
}

/** Whole numbers below this are what a client and a key can have. */
export const SHARE_PARTS = 2 ** 30;

/**
 * Returns the whole number below SHARE_PARTS that a client and a key always have: what shedding by hash compares with its percentage,
 * and what rendezvous hashing turns into a score. A fraction would have to be allocated wherever the call is not inlined.
 */
export function shareOf(client: number, key: number): number {
  return spread(client ^ Math.imul(key, 0x9e37_79b1)) >>> 2;
}

/** Returns whether a client's share with a key is among the first so many percent. */
export function isInPercent(client: number, key: number, percent: number): boolean {
  return shareOf(client, key) * 100 < percent * SHARE_PARTS;
}

/**
 * Writes the score of a member for a client: the member with the highest answers. Each is highest for its share of the clients by
 * weight, and where a member goes, only its clients move (weighted rendezvous hashing). `into`: one number, see shareOf.
 */
export function writeRendezvousScore(into: Float64Array, client: number, key: number, weight: number): void {
  // In the middle of its part the share is above 0, of which there is no logarithm.
  into[0] = weight / -Math.log((shareOf(client, key) + 0.5) / SHARE_PARTS);
}
