import { ipv4Octets, ipv6Octets } from '../dns/address-octets.ts';

/** The first `bits` of an address of 4 or 16 octets. */
interface TargetPrefix {
  readonly octets: Uint8Array;
  readonly bits: number;
}

/** The configured rules for addresses that checks, webhooks and mail may reach. */
export interface TargetRules {
  readonly allow: readonly TargetPrefix[];
  readonly deny: readonly TargetPrefix[];
}

/** Returns why nothing may be sent to an IP address, as a sentence; undefined: it is allowed. */
export type RefuseTarget = (address: string) => string | undefined;

/**
 * The prefixes that are denied unless the configuration allows them: addresses that reach only this machine's own
 * network, several machines or none, and those at which clouds hand out credentials to any program inside.
 */
const DENIED: readonly (readonly [prefix: string, what: string])[] = [
  ['0.0.0.0/8', 'unspecified (RFC 6890)'],
  ['169.254.0.0/16', 'link-local, as metadata services of clouds are (RFC 3927)'],
  ['224.0.0.0/4', 'multicast (RFC 5771)'],
  ['255.255.255.255/32', 'broadcast (RFC 919)'],
  ['100.100.100.200/32', 'the metadata service of a cloud'],
  ['168.63.129.16/32', 'the metadata service of a cloud'],
  ['192.0.0.192/32', 'the metadata service of a cloud'],
  ['::/128', 'unspecified (RFC 4291)'],
  ['fe80::/10', 'link-local (RFC 4291)'],
  ['ff00::/8', 'multicast (RFC 4291)'],
  ['fd00:ec2::/32', 'the metadata service of a cloud'],
  ['fd20:ce::254/128', 'the metadata service of a cloud'],
  ['fd00:42::42/128', 'the metadata service of a cloud'],
  ['fd00:c1::a9fe:a9fe/128', 'the metadata service of a cloud'],
  ['fd00:a9fe:a9fe::1/128', 'the metadata service of a cloud'],
];

interface Rule extends TargetPrefix {
  readonly text: string;
  readonly isAllowed: boolean;
  readonly what: string;
}

const BUILT_IN: readonly Rule[] = DENIED.map(([text, what]) => {
  const [address = '', bits] = text.split('/');
  return { text, octets: octetsOf(address)!, bits: Number(bits), isAllowed: false, what };
});

/**
 * Creates the judge of target addresses. The longest matching prefix decides; of two equal ones the configured one, and
 * `deny` before `allow`. An IPv6 address that embeds an IPv4 address must be allowed as both.
 */
export function createTargets({ allow, deny }: TargetRules = { allow: [], deny: [] }): RefuseTarget {
  const configured = (isAllowed: boolean) => (prefix: TargetPrefix) => ({
    ...prefix,
    text: '',
    isAllowed,
    what: 'targets.deny of the configuration',
  });
  const rules: readonly Rule[] = [
    ...deny.map(configured(false)),
    ...allow.map(configured(true)),
    ...BUILT_IN,
  ].sort((a, b) => b.bits - a.bits);

  const denying = (octets: Uint8Array): Rule | undefined => {
    const rule = rules.find((each) => holds(each, octets));
    return rule?.isAllowed ? undefined : rule;
  };

  return (address) => {
    const octets = octetsOf(address.replace(/%.*$/, ''));
    if (octets === undefined) return `The target ${address} is not an IP address.`;
    const rule = formsOf(octets)
      .map(denying)
      .find((each) => each !== undefined);
    if (rule === undefined) return undefined;
    const where = rule.text === '' ? rule.what : `${rule.text}, ${rule.what}; targets.allow can allow it`;
    return `The target ${address} is denied: ${where}.`;
  };
}

function octetsOf(address: string): Uint8Array | undefined {
  return ipv4Octets(address) ?? ipv6Octets(address);
}

function holds({ octets, bits }: TargetPrefix, address: Uint8Array): boolean {
  if (octets.length !== address.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at += 1) if (octets[at] !== address[at]) return false;
  const rest = 8 - (bits & 7);
  return rest === 8 || octets[whole]! >> rest === address[whole]! >> rest;
}

/** The places of an embedded IPv4 address in a prefix of 48, 56, 64 and 96 bits (RFC 6052 §2.2); octet 8 is skipped. */
const LOCAL_NAT64_PLACES: readonly (readonly number[])[] = [
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
  [12, 13, 14, 15],
];

/**
 * Returns an address and each IPv4 address that it may lead to: IPv4-mapped and IPv4-compatible (RFC 4291 §2.5.5),
 * IPv4-translated (RFC 2765), NAT64 with each length of a network's own prefix (RFC 6052 §2.2, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380) and ISATAP (RFC 5214).
 */
function formsOf(octets: Uint8Array): readonly Uint8Array[] {
  if (octets.length === 4) return [octets];
  const begins = (...wanted: number[]) => wanted.every((each, at) => octets[at] === each);
  const zeros = (from: number, to: number) => octets.subarray(from, to).every((each) => each === 0);
  const last = octets.subarray(12);
  const forms = [octets];
  if (zeros(0, 10) && octets[10] === 0xff && octets[11] === 0xff) return [last];
  if (zeros(0, 8) && octets[8] === 0xff && octets[9] === 0xff && zeros(10, 12)) forms.push(last);
  if (zeros(0, 12) && !(zeros(12, 15) && octets[15]! <= 1)) forms.push(last);
  if (begins(0, 0x64, 0xff, 0x9b, 0, 0)) forms.push(last);
  if (begins(0, 0x64, 0xff, 0x9b, 0, 1))
    for (const places of LOCAL_NAT64_PLACES) {
      const embedded = Uint8Array.from(places, (at) => octets[at]!);
      // No translator leads there: the prefix has another length.
      if (embedded[0] !== 0) forms.push(embedded);
    }
  if (begins(0x20, 0x02)) forms.push(octets.subarray(2, 6));
  if (begins(0x20, 0x01, 0, 0))
    forms.push(
      octets.subarray(4, 8),
      last.map((each) => each ^ 0xff),
    );
  if ((octets[8]! & 0xfd) === 0 && zeros(9, 10) && octets[10] === 0x5e && octets[11] === 0xfe)
    forms.push(last);
  return forms;
}
