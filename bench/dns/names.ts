/** The zone every server answers for. */
export const ZONE = 'example.com';
/** Records of every answer: the members of a pool. */
export const MEMBERS = 3;
/** TTL of the answers, seconds. */
export const TTL_SECONDS = 30;
/** Octets of an A record whose owner is a pointer. */
export const RECORD_OCTETS = 16;
/** Addresses in use, 192.0.2.1 and on (RFC 5737). */
export const ADDRESSES = 250;

/** The label of pool `i`; all are of one length. */
export function label(i: number): string {
  return `p${String(i).padStart(6, '0')}`;
}

/** The name pool `i` answers at. */
export function nameOf(i: number): string {
  return `${label(i)}.pools.${ZONE}`;
}

/** The addresses of pool `i`'s members. */
export function addressesOf(i: number): string[] {
  return Array.from({ length: MEMBERS }, (_, k) => `192.0.2.${((i * MEMBERS + k) % ADDRESSES) + 1}`);
}

/** The numbers 0 to `count` - 1 in an order that is random, but the same on every run. */
export function shuffled(count: number): number[] {
  const numbers = Array.from({ length: count }, (_, i) => i);
  let random = 1;
  for (let i = count - 1; i > 0; i -= 1) {
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    const other = (random >>> 0) % (i + 1);
    [numbers[i], numbers[other]] = [numbers[other]!, numbers[i]!];
  }
  return numbers;
}

/** A zone file (RFC 1035 §5) with the lines `linesOf` gives for each pool. */
export function zoneFile(count: number, linesOf: (i: number) => readonly string[]): string {
  const head = [
    `$ORIGIN ${ZONE}.`,
    `$TTL ${TTL_SECONDS}`,
    `@ 3600 SOA ns1.${ZONE}. hostmaster.${ZONE}. 1 3600 600 1209600 10`,
    `@ 3600 NS ns1.${ZONE}.`,
    'ns1 3600 A 192.0.2.253',
  ];
  return `${[...head, ...Array.from({ length: count }, (_, i) => linesOf(i)).flat()].join('\n')}\n`;
}

/** The lines of pool `i` in a zone file, as plain addresses. */
export function addressLines(i: number): string[] {
  return addressesOf(i).map((address) => `${label(i)}.pools A ${address}`);
}
