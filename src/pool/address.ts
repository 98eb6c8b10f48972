import { NameError, parseName } from '../dns/name.ts';

/** What an endpoint's address is. `canonical` is equal for addresses that mean the same, whatever their spelling. */
export type Address =
  | { readonly kind: 'ipv4' | 'ipv6' | 'name'; readonly canonical: string }
  /** Not usable; `why` completes "the address …". */
  | { readonly kind: 'refused'; readonly why: string };

const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
/** Characters of an address: more than a name of 255 octets has (RFC 1035 §2.3.4), however it is written. */
const ADDRESS_CHARACTERS_MAX = 1_024;
/** A label of a host name (RFC 952, RFC 1123 §2.1), or with underscores, which real names have. */
const HOST_LABEL = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;

/**
 * Reads an endpoint's address: IPv4 in dotted decimal without leading zeros, IPv6 in any spelling (RFC 4291 §2.2)
 * without a scope, or a host name, final dot or not. Refused: what can never be somebody's address (unspecified,
 * multicast, broadcast), IPv4-mapped IPv6 (it means the IPv4 address, which an AAAA record cannot say), and names
 * whose last label is a number, which are mistyped IPv4 addresses (RFC 1123 §2.1).
 */
export function parseAddress(text: string): Address {
  if (text.length > ADDRESS_CHARACTERS_MAX) return { kind: 'refused', why: 'is longer than a host name' };
  if (IPV4.test(text)) return judgeIPv4(text);
  if (text.includes(':')) return judgeIPv6(text);
  return judgeName(text);
}

function judgeIPv4(text: string): Address {
  const first = Number(text.slice(0, text.indexOf('.')));
  if (first === 0) return { kind: 'refused', why: 'is unspecified' };
  if (first >= 224 && first <= 239) return { kind: 'refused', why: 'is multicast' };
  if (text === '255.255.255.255') return { kind: 'refused', why: 'is the broadcast address' };
  return { kind: 'ipv4', canonical: text };
}

function judgeIPv6(text: string): Address {
  const canonical = canonicalIPv6(text);
  if (canonical === undefined) return { kind: 'refused', why: 'is not an IPv6 address' };
  if (canonical === '::') return { kind: 'refused', why: 'is unspecified' };
  if (canonical.startsWith('ff')) return { kind: 'refused', why: 'is multicast' };
  if (canonical.startsWith('::ffff:')) return { kind: 'refused', why: 'is IPv4 written as IPv6' };
  return { kind: 'ipv6', canonical };
}

/** The one spelling of RFC 5952, by the URL parser, which knows all the others. */
function canonicalIPv6(text: string): string | undefined {
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(text)) return undefined;
  const url = URL.parse(`http://[${text}]/`);
  return url === null ? undefined : url.hostname.slice(1, -1);
}

function judgeName(text: string): Address {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  const labels = bare.split('.');
  if (!labels.every((label) => HOST_LABEL.test(label)))
    return { kind: 'refused', why: 'is neither an IP address nor a host name' };
  if (/^[0-9]+$/.test(labels.at(-1)!))
    return { kind: 'refused', why: 'ends in a number, as no host name does' };
  try {
    parseName(bare);
  } catch (error) {
    if (error instanceof NameError) return { kind: 'refused', why: error.message };
    throw error;
  }
  return { kind: 'name', canonical: bare.toLowerCase() };
}

/**
 * Returns the name that TLS names a host by (SNI, and the name in its certificate): without the final dot, which belongs to DNS
 * (RFC 6066 §3); undefined for an IP address, which SNI does not have.
 */
export function serverNameOf(host: string): string | undefined {
  return IPV4.test(host) || host.includes(':') ? undefined : host.replace(/\.$/, '');
}
