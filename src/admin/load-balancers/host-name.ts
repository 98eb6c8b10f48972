import { domainToASCII } from 'node:url';
import { parseAddress } from '../../pool/address.ts';

/** What begins a wildcard (RFC 4592 §2.1.1). */
const WILDCARD = '*.';

/**
 * The host name in a text as a load balancer has it: in lower case, without the final dot, international labels as A-labels (RFC
 * 5891). It may begin with `*.`. Returns undefined for a text that is no host name, and for an address.
 */
export function hostNameOf(text: string): string | undefined {
  const isWildcard = text.startsWith(WILDCARD);
  const rest = (isWildcard ? text.slice(WILDCARD.length) : text).replace(/(?<=.)\.$/, '');
  // A name in ASCII is not looked at as a host of a URL, where hexadecimal labels mean an address.
  const ascii = /^[\x21-\x7e]*$/.test(rest) ? rest.toLowerCase() : domainToASCII(rest);
  if (ascii === '' || parseAddress(ascii).kind !== 'name') return undefined;
  const name = isWildcard ? `${WILDCARD}${ascii}` : ascii;
  return name.length > HOST_NAME_OCTETS_MAX ? undefined : name;
}

/** Characters of a name whose wire form has 255 octets (RFC 1035 §2.3.4). */
const HOST_NAME_OCTETS_MAX = 253;
