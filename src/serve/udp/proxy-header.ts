/** Octets before the addresses: signature, version and command, family, length (§2.2). */
export const PROXY_PREFIX_OCTETS = 16;

/** What is found in the place of a header. From NO_SIGNATURE on it is no header, or breaks a rule. */
export const HeaderKind = {
  /** The beginning of a header, perhaps. */
  UNFINISHED: 0,
  /** It names a client. */
  CLIENT: 1,
  /** It names none: the client is the sender. */
  UNNAMED: 2,
  NO_SIGNATURE: 3,
  /** A header of version 1, which is text (§2.1). */
  VERSION_1: 4,
  VERSION: 5,
  COMMAND: 6,
  TOO_LONG: 7,
  FAMILY: 8,
  TOO_SHORT: 9,
  TLVS: 10,
} as const;

/** What was read of a header. The caller fills one again for each header, since reading must not allocate. */
export interface ProxyHeaderView {
  /** One of HeaderKind. */
  kind: number;
  /** Octets of a whole header. */
  octets: number;
  /** Where the address of a named client begins, and its octets, 4 or 16. */
  clientAt: number;
  clientOctets: number;
  /** The number that breaks a rule about numbers, and the number that the rule allows. */
  found: number;
  allowed: number;
}

/** Creates a view to be filled. */
export function newProxyHeaderView(): ProxyHeaderView {
  return { kind: HeaderKind.UNFINISHED, octets: 0, clientAt: 0, clientOctets: 0, found: 0, allowed: 0 };
}

const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
/** `PROXY `, with which version 1 begins. */
const SIGNATURE_1 = Uint8Array.of(0x50, 0x52, 0x4f, 0x58, 0x59, 0x20);
const VERSION = 2;
const LOCAL = 0;
const PROXY = 1;
/** Octets of type and length before a TLV's value (§2.2). */
const TLV_HEAD_OCTETS = 3;
/** `::ffff:0:0/96` (RFC 4291 §2.5.5.2). */
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** Octets of the address block by family and protocol; -1: there is no such family. */
const BLOCKS = new Int16Array(256).fill(-1);
for (const [family, octets] of [
  [0x00, 0],
  [0x11, 12],
  [0x12, 12],
  [0x21, 36],
  [0x22, 36],
  [0x31, 216],
  [0x32, 216],
] as const)
  BLOCKS[family] = octets;
/** The upper half of the octet of family and protocol, for the two families of IP. */
const INET = 1;
const INET6 = 2;

/**
 * Reads a PROXY protocol version 2 header (haproxy's doc/proxy-protocol.txt, §2.2) of `octetsMax` octets at the most from
 * `at` to `end`, into the view. The result is UNFINISHED until the whole header is there, and a broken rule as soon as it cannot become
 * a header. TLVs are skipped, but must fill the header exactly. LOCAL, unspecified and UNIX sources name no
 * client. Accepts any octets and allocates nothing.
 */
export function readProxyHeader(
  view: ProxyHeaderView,
  octets: Uint8Array,
  at: number,
  end: number,
  octetsMax: number,
): void {
  view.kind = kindOf(view, octets, at, end, octetsMax);
}

function kindOf(
  view: ProxyHeaderView,
  octets: Uint8Array,
  at: number,
  end: number,
  octetsMax: number,
): number {
  const count = end - at;
  if (count > 0 && octets[at] === SIGNATURE_1[0]) {
    if (!agrees(octets, at, end, SIGNATURE_1)) return HeaderKind.NO_SIGNATURE;
    return count < SIGNATURE_1.length ? HeaderKind.UNFINISHED : HeaderKind.VERSION_1;
  }
  if (!agrees(octets, at, end, SIGNATURE)) return HeaderKind.NO_SIGNATURE;
  if (count <= SIGNATURE.length) return HeaderKind.UNFINISHED;
  const versionAndCommand = octets[at + 12]!;
  const command = versionAndCommand & 0x0f;
  if (versionAndCommand >>> 4 !== VERSION)
    return breaks(view, HeaderKind.VERSION, versionAndCommand >>> 4, VERSION);
  if (command !== LOCAL && command !== PROXY) return breaks(view, HeaderKind.COMMAND, command, PROXY);
  if (count < PROXY_PREFIX_OCTETS) return HeaderKind.UNFINISHED;
  const length = (octets[at + 14]! << 8) | octets[at + 15]!;
  if (PROXY_PREFIX_OCTETS + length > octetsMax)
    return breaks(view, HeaderKind.TOO_LONG, PROXY_PREFIX_OCTETS + length, octetsMax);
  // With LOCAL all that follows must be ignored, the family included.
  const family = octets[at + 13]!;
  const block = command === LOCAL ? 0 : BLOCKS[family]!;
  if (block < 0) return breaks(view, HeaderKind.FAMILY, family, 0);
  if (length < block) return breaks(view, HeaderKind.TOO_SHORT, length, block);
  if (count < PROXY_PREFIX_OCTETS + length) return HeaderKind.UNFINISHED;
  view.octets = PROXY_PREFIX_OCTETS + length;
  const isNamed = command === PROXY && (family >>> 4 === INET || family >>> 4 === INET6);
  if (!isNamed) return HeaderKind.UNNAMED;
  const from = at + PROXY_PREFIX_OCTETS;
  if (!areTlvs(octets, from + block, from + length)) return HeaderKind.TLVS;
  // An IPv4-mapped address counts as the IPv4 address, else all of IPv4 would be one client.
  const isMapped = family >>> 4 === INET6 && agrees(octets, from, from + MAPPED.length, MAPPED);
  view.clientAt = isMapped ? from + MAPPED.length : from;
  view.clientOctets = family >>> 4 === INET || isMapped ? 4 : 16;
  return HeaderKind.CLIENT;
}

function breaks(view: ProxyHeaderView, kind: number, found: number, allowed: number): number {
  view.found = found;
  view.allowed = allowed;
  return kind;
}

/** Returns true when the octets agree with a pattern, as far as both go. */
function agrees(octets: Uint8Array, at: number, end: number, pattern: Uint8Array): boolean {
  for (let i = 0; i < pattern.length && at + i < end; i += 1) if (octets[at + i] !== pattern[i]) return false;
  return true;
}

function areTlvs(octets: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at + TLV_HEAD_OCTETS <= end) at += TLV_HEAD_OCTETS + ((octets[at + 1]! << 8) | octets[at + 2]!);
  return at === end;
}

/** Says which rule a header breaks. */
export function brokenRule({
  kind,
  found,
  allowed,
}: Pick<ProxyHeaderView, 'kind' | 'found' | 'allowed'>): string {
  if (kind === HeaderKind.UNFINISHED) return 'no whole header';
  if (kind === HeaderKind.VERSION_1) return 'a header of version 1; only version 2 is read';
  if (kind === HeaderKind.VERSION) return `version ${found}`;
  if (kind === HeaderKind.COMMAND) return `command ${found}`;
  if (kind === HeaderKind.TOO_LONG) return `${found} octets; ${allowed} at most`;
  if (kind === HeaderKind.FAMILY) return `family and protocol ${found}`;
  if (kind === HeaderKind.TOO_SHORT) return `${found} octets of addresses; ${allowed} at least`;
  return kind === HeaderKind.TLVS ? 'TLVs of another length' : 'no signature';
}
