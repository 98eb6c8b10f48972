import * as fromEdns from '../../dns/edns.ts';
import * as fromCookie from './cookie.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { Option } = fromEdns;
const { CLIENT_COOKIE_OCTETS } = fromCookie;

/** What a query's OPT record asks for. Positions are in the packet; 0 octets: the option is not there. */
export interface EdnsQuery {
  /** Every option that asks the answer for one of the same code, as a bit (bitOf). */
  options: number;
  /** Data of the first COOKIE option. */
  cookieAt: number;
  cookieOctets: number;
  /** Data of the first CLIENT-SUBNET option. */
  subnetAt: number;
  subnetOctets: number;
}

/** The bit of an option in EdnsQuery.options; codes are below 32. */
export function bitOf(option: number): number {
  return 1 << option;
}

/** Creates the result for a query without options. */
export function newEdnsQuery(): EdnsQuery {
  return {
    options: 0,
    cookieAt: 0,
    cookieOctets: 0,
    subnetAt: 0,
    subnetOctets: 0,
  };
}

/** Resets it to that of a query without options. */
export function resetEdnsQuery(edns: EdnsQuery): void {
  edns.options = 0;
  edns.cookieOctets = 0;
  edns.subnetOctets = 0;
}

/** Octets of an option's code and length (RFC 6891 §6.1.2). */
export const OPTION_HEAD_OCTETS = 4;

/** Octets of a client cookie with a server's (RFC 7873 §4). */
const COOKIES_OCTETS_MIN = 16;
const COOKIES_OCTETS_MAX = 40;

/** Reads the `length` octets of options at `at`; false where they break a rule, which makes the query FORMERR. Unknown ones are passed over (RFC 6891 §6.1.2). */
export function parseOptions(edns: EdnsQuery, octets: Uint8Array, at: number, length: number): boolean {
  const end = at + length;
  let next = at;
  while (next + OPTION_HEAD_OCTETS <= end) {
    const code = (octets[next]! << 8) | octets[next + 1]!;
    const size = (octets[next + 2]! << 8) | octets[next + 3]!;
    const data = next + OPTION_HEAD_OCTETS;
    next = data + size;
    if (next > end) return false;
    if (code === Option.COOKIE) {
      // RFC 7873 §5.2.2.
      if (size !== CLIENT_COOKIE_OCTETS && (size < COOKIES_OCTETS_MIN || size > COOKIES_OCTETS_MAX))
        return false;
      // §5.2: of several, only the first counts.
      if (edns.cookieOctets !== 0) continue;
      edns.cookieAt = data;
      edns.cookieOctets = size;
      edns.options |= bitOf(Option.COOKIE);
    } else if (code === Option.CLIENT_SUBNET) {
      if (!isSubnet(octets, data, size)) return false;
      if (edns.subnetOctets !== 0) continue;
      edns.subnetAt = data;
      edns.subnetOctets = size;
      edns.options |= bitOf(Option.CLIENT_SUBNET);
    } else if (code === Option.NSID || code === Option.PADDING) edns.options |= bitOf(code);
    // RFC 7828 §3.2.1: a query has no timeout to state. An option with one is ignored, as over UDP it must be.
    else if (code === Option.TCP_KEEPALIVE && size === 0) edns.options |= bitOf(Option.TCP_KEEPALIVE);
  }
  return next === end;
}

/** Octets of a CLIENT-SUBNET option before its address: family, source and scope prefix length (RFC 7871 §6). */
export const SUBNET_HEAD_OCTETS = 4;

/** RFC 7871 §6: scope 0, an address exactly as long as the prefix asks for, no bit set behind it. Family 0 has no address. */
function isSubnet(octets: Uint8Array, at: number, size: number): boolean {
  if (size < SUBNET_HEAD_OCTETS) return false;
  const family = (octets[at]! << 8) | octets[at + 1]!;
  const bits = octets[at + 2]!;
  const addressOctets = (bits + 7) >> 3;
  if (family > 2 || bits > (family === 2 ? 128 : family * 32)) return false;
  if (octets[at + 3] !== 0 || size !== SUBNET_HEAD_OCTETS + addressOctets) return false;
  const spare = -bits & 7;
  return (octets[at + size - 1]! & ((1 << spare) - 1)) === 0 || addressOctets === 0;
}
