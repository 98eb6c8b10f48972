const DOT = 0x2e;
const COLON = 0x3a;
const IPV4_OCTETS = 4;
const IPV6_OCTETS = 16;
const GROUP_DIGITS_MAX = 4;

/**
 * The octets of an IPv4 address as an A record has them (RFC 1035 §3.4.1), from dotted decimal without leading zeros;
 * undefined for any other text.
 */
export function ipv4Octets(text: string): Uint8Array<ArrayBuffer> | undefined {
  const octets = new Uint8Array(IPV4_OCTETS);
  return readDotted(text, 0, octets, 0) ? octets : undefined;
}

/** The octets of an IPv6 address as an AAAA record has them (RFC 3596 §2.2), from any spelling of RFC 4291 §2.2 without a scope; undefined for any other text. */
export function ipv6Octets(text: string): Uint8Array<ArrayBuffer> | undefined {
  const octets = new Uint8Array(IPV6_OCTETS);
  let at = 0;
  /** Where `::` is. */
  let gap = text.startsWith('::') ? 0 : -1;
  let next = gap === 0 ? 2 : 0;
  while (next < text.length) {
    const start = next;
    let group = 0;
    for (let digit = hexDigit(text, next); digit >= 0; digit = hexDigit(text, next)) {
      group = group * 16 + digit;
      next += 1;
    }
    if (text.charCodeAt(next) === DOT) {
      if (at > IPV6_OCTETS - IPV4_OCTETS || !readDotted(text, start, octets, at)) return undefined;
      at += IPV4_OCTETS;
      break;
    }
    if (next === start || next - start > GROUP_DIGITS_MAX || at === IPV6_OCTETS) return undefined;
    octets[at] = group >> 8;
    octets[at + 1] = group & 0xff;
    at += 2;
    if (next === text.length) break;
    if (text.charCodeAt(next) !== COLON) return undefined;
    next += 1;
    if (next === text.length) return undefined;
    if (text.charCodeAt(next) !== COLON) continue;
    if (gap >= 0) return undefined;
    gap = at;
    next += 1;
  }
  if (gap < 0) return at === IPV6_OCTETS ? octets : undefined;
  // `::` stands for one group of zeros at least.
  if (at === IPV6_OCTETS) return undefined;
  const moved = IPV6_OCTETS - (at - gap);
  octets.copyWithin(moved, gap, at);
  octets.fill(0, gap, moved);
  return octets;
}

/** The octets of an IPv4 or IPv6 address, as ipv4Octets() or ipv6Octets() reads it; undefined for any other text. */
export function addressOctets(text: string): Uint8Array<ArrayBuffer> | undefined {
  return ipv4Octets(text) ?? ipv6Octets(text);
}

/** Reads dotted decimal from `from` to the text's end into four octets at `at`; whether that is what is there. */
function readDotted(text: string, from: number, octets: Uint8Array, at: number): boolean {
  let next = from;
  for (let i = 0; i < IPV4_OCTETS; i += 1) {
    if (i > 0) {
      if (text.charCodeAt(next) !== DOT) return false;
      next += 1;
    }
    const start = next;
    let octet = 0;
    for (
      let digit = decimalDigit(text, next);
      digit >= 0 && octet <= 0xff;
      digit = decimalDigit(text, next)
    ) {
      octet = octet * 10 + digit;
      next += 1;
    }
    const hasLeadingZero = next - start > 1 && text.charCodeAt(start) === 0x30;
    if (next === start || octet > 0xff || hasLeadingZero) return false;
    octets[at + i] = octet;
  }
  return next === text.length;
}

/** The value of the digit at `at`; -1 where there is none. */
function decimalDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39 ? code - 0x30 : -1;
}

function hexDigit(text: string, at: number): number {
  const decimal = decimalDigit(text, at);
  if (decimal >= 0) return decimal;
  const folded = text.charCodeAt(at) | 0x20;
  return folded >= 0x61 && folded <= 0x66 ? folded - 0x57 : -1;
}
