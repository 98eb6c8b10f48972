import { Type } from '../../dns/type.ts';
import { RdataError } from '../rdata-error.ts';
import { base64, hexadecimal } from './encoded-octets.ts';
import { anyName, ipv4, ipv6, longText, seconds, shortText, target, texts, unsigned } from './field.ts';
import { type Field, type FieldCheck, fieldsOf, type Layout } from './layout.ts';
import { location } from './location.ts';
import { serviceParameters } from './service-parameters.ts';
import { isSubstitution } from './substitution.ts';

const u8 = unsigned(1);
const u16 = unsigned(2);

/** Algorithms of keys (IANA DNS security algorithm numbers). */
const ALGORITHMS = {
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  'DSA-NSEC3-SHA1': 6,
  'RSASHA1-NSEC3-SHA1': 7,
  RSASHA256: 8,
  RSASHA512: 10,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
  INDIRECT: 252,
  PRIVATEDNS: 253,
  PRIVATEOID: 254,
};
/** Kinds of certificates (RFC 4398 §2.1). */
const CERTIFICATES = {
  PKIX: 1,
  SPKI: 2,
  PGP: 3,
  IPKIX: 4,
  ISPKI: 5,
  IPGP: 6,
  ACPKIX: 7,
  IACPKIX: 8,
  URI: 253,
  OID: 254,
};
const DIGESTS = { 'SHA-1': 1, SHA1: 1, 'SHA-256': 2, SHA256: 2, GOST: 3, 'SHA-384': 4, SHA384: 4 };

const algorithm: Field = { label: 'algorithm', kind: unsigned(1, ALGORITHMS) };
const keyTag: Field = { label: 'key tag', kind: u16, member: 'key_tag' };

/** Checks the octets of a digest by the number of its type, which is the octet of the rdata at `typeAt`; the digest is behind it. */
function digestLength(typeAt: number, label: string, lengths: Readonly<Record<number, number>>): FieldCheck {
  return (rdata) => {
    const octets = lengths[rdata[typeAt]!];
    const found = rdata.length - typeAt - 1;
    if (octets !== undefined && found !== octets)
      throw new RdataError(
        `has a ${label} of length ${found}; of type ${rdata[typeAt]} it has ${octets} octets`,
      );
  };
}

const name = (label = 'target'): Layout => fieldsOf([{ label, kind: target }]);
const preferred = (label: string, member = label): Layout =>
  fieldsOf([
    { label: 'preference', kind: u16, member: 'priority' },
    { label, kind: target, member },
  ]);

const delegationSigner = fieldsOf(
  [
    keyTag,
    algorithm,
    { label: 'digest type', kind: unsigned(1, DIGESTS), member: 'digest_type' },
    { label: 'digest', kind: hexadecimal },
  ],
  // RFC 4034 §5.1.4, RFC 4509 §2.2, RFC 5933 §2.1, RFC 6605 §2.
  digestLength(3, 'digest', { 1: 20, 2: 32, 3: 32, 4: 48 }),
);

const key = fieldsOf([
  { label: 'flags', kind: u16 },
  { label: 'protocol', kind: u8 },
  algorithm,
  { label: 'public key', kind: base64, member: 'public_key' },
]);

const association = fieldsOf(
  [
    { label: 'usage', kind: u8 },
    { label: 'selector', kind: u8 },
    { label: 'matching type', kind: u8, member: 'matching_type' },
    { label: 'certificate', kind: hexadecimal },
  ],
  // RFC 6698 §2.1.3.
  digestLength(2, 'certificate', { 1: 32, 2: 64 }),
);

/** Without a target of its own an alias has nothing that parameters could be of (RFC 9460 §2.4.2). */
const service = fieldsOf(
  [
    { label: 'priority', kind: u16 },
    { label: 'target', kind: target },
    { label: 'parameters', kind: serviceParameters, member: 'value', fallback: '' },
  ],
  (rdata) => {
    if (rdata[0] === 0 && rdata[1] === 0 && service.names(rdata)[0]!.length + 2 < rdata.length)
      throw new RdataError('has parameters, which priority 0 (an alias) cannot have (RFC 9460 §2.4.2)');
  },
);

const textStrings = fieldsOf([{ label: 'texts', kind: texts }]);

const tag = shortText({ pattern: /^[A-Za-z0-9]{1,255}$/, rule: 'letters and digits' });

const layouts = new Map<number, Layout>([
  [Type.A, fieldsOf([{ label: 'address', kind: ipv4 }])],
  [Type.NS, name()],
  [Type.CNAME, name()],
  [
    Type.SOA,
    fieldsOf([
      { label: 'mname', kind: anyName },
      { label: 'rname', kind: anyName },
      { label: 'serial', kind: unsigned(4) },
      { label: 'refresh', kind: seconds },
      { label: 'retry', kind: seconds },
      { label: 'expire', kind: seconds },
      { label: 'minimum', kind: seconds },
    ]),
  ],
  [Type.MB, name()],
  [Type.MG, name()],
  [Type.MR, name()],
  [Type.PTR, name()],
  [
    Type.HINFO,
    fieldsOf([
      { label: 'cpu', kind: shortText() },
      { label: 'os', kind: shortText() },
    ]),
  ],
  [
    Type.MINFO,
    fieldsOf([
      { label: 'rmailbx', kind: anyName },
      { label: 'emailbx', kind: anyName },
    ]),
  ],
  [Type.MX, preferred('exchange', 'target')],
  [Type.TXT, textStrings],
  [
    Type.RP,
    fieldsOf([
      { label: 'mbox', kind: anyName },
      { label: 'txt', kind: anyName },
    ]),
  ],
  [Type.AFSDB, preferred('hostname', 'target')],
  [Type.RT, preferred('host', 'target')],
  [
    Type.PX,
    fieldsOf([
      { label: 'preference', kind: u16, member: 'priority' },
      { label: 'map822', kind: anyName },
      { label: 'mapx400', kind: anyName },
    ]),
  ],
  [Type.AAAA, fieldsOf([{ label: 'address', kind: ipv6 }])],
  [Type.LOC, location],
  [
    Type.SRV,
    fieldsOf([
      { label: 'priority', kind: u16 },
      { label: 'weight', kind: u16 },
      { label: 'port', kind: u16 },
      { label: 'target', kind: target },
    ]),
  ],
  [
    Type.NAPTR,
    fieldsOf(
      [
        { label: 'order', kind: u16 },
        { label: 'preference', kind: u16 },
        {
          label: 'flags',
          kind: shortText({ pattern: /^[A-Za-z0-9]*$/, rule: 'letters and digits' }),
          fallback: '',
        },
        { label: 'service', kind: shortText(), fallback: '' },
        { label: 'regex', kind: shortText(), fallback: '' },
        { label: 'replacement', kind: anyName, fallback: '.' },
      ],
      substitution,
    ),
  ],
  [Type.KX, preferred('exchanger', 'target')],
  [
    Type.CERT,
    fieldsOf([
      { label: 'type', kind: unsigned(2, CERTIFICATES) },
      keyTag,
      algorithm,
      { label: 'certificate', kind: base64 },
    ]),
  ],
  [Type.DNAME, name()],
  [Type.DS, delegationSigner],
  [
    Type.SSHFP,
    fieldsOf(
      [
        { label: 'algorithm', kind: u8 },
        { label: 'type', kind: u8 },
        { label: 'fingerprint', kind: hexadecimal },
      ],
      // RFC 4255 §3.1.2, RFC 6594 §3.2.
      digestLength(1, 'fingerprint', { 1: 20, 2: 32 }),
    ),
  ],
  [Type.DNSKEY, key],
  [Type.TLSA, association],
  [Type.SMIMEA, association],
  [Type.CDS, delegationSigner],
  [Type.CDNSKEY, key],
  [Type.OPENPGPKEY, fieldsOf([{ label: 'public key', kind: base64, member: 'public_key' }])],
  [Type.SVCB, service],
  [Type.HTTPS, service],
  [Type.SPF, textStrings],
  [
    Type.URI,
    fieldsOf([
      { label: 'priority', kind: u16 },
      { label: 'weight', kind: u16 },
      // RFC 7553 §4.4.
      { label: 'target', kind: longText(1) },
    ]),
  ],
  [
    Type.CAA,
    fieldsOf([
      { label: 'flags', kind: u8 },
      // RFC 8659 §4.1: letters and digits, at least one; the length is one octet.
      { label: 'tag', kind: { ...tag, print: (rdata) => tag.print(rdata).slice(1, -1) } },
      { label: 'value', kind: longText(0) },
    ]),
  ],
]);

/** A NAPTR replaces by an expression or by a name, not by both (RFC 3403 §4.1). */
function substitution(rdata: Uint8Array): void {
  const { regex, replacement } = layouts.get(Type.NAPTR)!.toJson(rdata);
  if (regex === '') return;
  if (replacement !== '.')
    throw new RdataError('has a regex and a replacement; one of them must be empty (RFC 3403 §4.1)');
  if (!isSubstitution(String(regex)))
    throw new RdataError(
      'has a regex that is not an expression and what replaces a match, as in "!^.*$!sip:info@example.com!" (RFC 3402 §3.2)',
    );
}

/** The layout of the rdata of a type; undefined: only its octets are known here (RFC 3597). */
export function layoutOf(type: number): Layout | undefined {
  return layouts.get(type);
}

/** The types whose rdata has a layout here, by their numbers. */
export const LAID_OUT_TYPES: readonly number[] = [...layouts.keys()];
