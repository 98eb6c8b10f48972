/** Octets before the addresses: signature, version and command, family, length (§2.2). */
export const PROXY_PREFIX_OCTETS = 16;
/** The longest header that is taken, TLVs and all: far more than any proxy sends. */
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

const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const VERSION = 2;
const Command = { LOCAL: 0, PROXY: 1 } as const;
/** Octets of type and length before a TLV's value (§2.2). */
const TLV_HEAD_OCTETS = 3;

/** Octets of the address block by family and protocol, and of the client's address in it; 0: it has none for us. */
const FAMILIES: ReadonlyMap<number, { readonly block: number; readonly address: number }> = new Map([
  [0x00, { block: 0, address: 0 }],
  [0x11, { block: 12, address: 4 }],
  [0x12, { block: 12, address: 4 }],
  [0x21, { block: 36, address: 16 }],
  [0x22, { block: 36, address: 16 }],
  [0x31, { block: 216, address: 0 }],
  [0x32, { block: 216, address: 0 }],
]);
/** `::ffff:0:0/96` (RFC 4291 §2.5.5.2). */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/**
 * Reads a PROXY protocol version 2 header (haproxy's doc/proxy-protocol.txt, §2.2) from the start of a stream. Nothing is
 * told before the whole header is there, and what can no longer become one is broken at once. TLVs are passed over, but
 * must fill the header exactly. LOCAL, unspecified and UNIX sources name no client.
 */
export function parseProxyHeader(octets: Uint8Array): ProxyHeader {
  for (let i = 0; i < Math.min(octets.length, SIGNATURE.length); i += 1)
    if (octets[i] !== SIGNATURE[i]) return broken('no signature');
  if (octets.length <= SIGNATURE.length) return UNFINISHED;
  const versionAndCommand = octets[12]!;
  if (versionAndCommand >>> 4 !== VERSION) return broken(`version ${versionAndCommand >>> 4}`);
  const command = versionAndCommand & 0x0f;
  if (command !== Command.LOCAL && command !== Command.PROXY) return broken(`command ${command}`);
  if (octets.length < PROXY_PREFIX_OCTETS) return UNFINISHED;
  const length = (octets[14]! << 8) | octets[15]!;
  const end = PROXY_PREFIX_OCTETS + length;
  if (end > PROXY_HEADER_OCTETS_MAX) return broken(`${end} octets; ${PROXY_HEADER_OCTETS_MAX} at most`);
  // With LOCAL whatever follows is to be discarded, the family included.
  const family = command === Command.LOCAL ? ANY_FAMILY : FAMILIES.get(octets[13]!);
  if (family === undefined) return broken(`family and protocol ${octets[13]}`);
  if (length < family.block) return broken(`${length} octets of addresses; ${family.block} at least`);
  if (octets.length < end) return UNFINISHED;
  if (family.address === 0) return { kind: 'unnamed', octets: end };
  if (!areTlvs(octets, PROXY_PREFIX_OCTETS + family.block, end)) return broken('TLVs of another length');
  return { kind: 'client', octets: end, client: clientAt(octets, family.address) };
}

const UNFINISHED: ProxyHeader = { kind: 'unfinished' };
const ANY_FAMILY = { block: 0, address: 0 };

function broken(rule: string): ProxyHeader {
  return { kind: 'broken', rule };
}

function areTlvs(octets: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at + TLV_HEAD_OCTETS <= end) at += TLV_HEAD_OCTETS + ((octets[at + 1]! << 8) | octets[at + 2]!);
  return at === end;
}

/** The source address; an IPv4 one in IPv6's clothes as what it is, else all of IPv4 would be one client. */
function clientAt(octets: Uint8Array, size: number): Uint8Array {
  const client = Uint8Array.from(octets.subarray(PROXY_PREFIX_OCTETS, PROXY_PREFIX_OCTETS + size));
  const isMapped = size === 16 && MAPPED.every((octet, i) => client[i] === octet);
  return isMapped ? client.subarray(MAPPED.length) : client;
}
