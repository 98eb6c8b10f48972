import fc, { anyText } from '../support/property.ts';

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const someOctets = fc.uint8Array({ minLength: 1, maxLength: 80 });
const hex = (of: fc.Arbitrary<Uint8Array>) => of.map((found) => Buffer.from(found).toString('hex'));
const base64 = someOctets.map((found) => Buffer.from(found).toString('base64'));

/** A label in presentation form: letters in both cases, and now and then any octet. */
const label = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...'abcXYZ019-_') },
      { weight: 1, arbitrary: u8.map((octet) => `\\${String(octet).padStart(3, '0')}`) },
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''));
/** A full name that is no address. */
const name = fc
  .array(label, { maxLength: 5 })
  .map((labels) => (labels.length === 0 ? '.' : [...labels, 'name'].join('.')));

/** A text of 255 octets at most. */
const text = anyText(60);
const letters = fc
  .array(fc.constantFrom(...'aZ09'), { minLength: 1, maxLength: 20 })
  .map((found) => found.join(''));

/** A digest and the number of its type, of the length that the type has. */
function digest(typeMember: string, member: string, lengths: Readonly<Record<number, number>>) {
  const known = Object.entries(lengths).map(([type, length]) =>
    fc.record({ [typeMember]: fc.constant(Number(type)), [member]: hex(octets(length)) }),
  );
  const other = fc.record({
    [typeMember]: u8.filter((type) => lengths[type] === undefined),
    [member]: hex(someOctets),
  });
  return fc.oneof(...known, other);
}

const both = <A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>) =>
  fc.tuple(a, b).map(([first, second]): object => ({ ...first, ...second }));

const delegationSigner = both(
  fc.record({ key_tag: u16, algorithm: u8 }),
  digest('digest_type', 'digest', { 1: 20, 2: 32, 3: 32, 4: 48 }),
);
const association = both(
  fc.record({ usage: u8, selector: u8 }),
  digest('matching_type', 'certificate', { 1: 32, 2: 64 }),
);
const key = fc.record({ flags: u16, protocol: u8, algorithm: u8, public_key: base64 });
const target = fc.record({ target: name });
const preferred = fc.record({ priority: u16, target: name });

const address4 = octets(4).map((found) => found.join('.'));
const address6 = fc
  .array(fc.oneof(u16, fc.constant(0)), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((group) => group.toString(16)).join(':'));
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 4 });

/** Parameters of HTTPS and SVCB in any order. */
const parameters = fc
  .record(
    {
      alpn: list(fc.constantFrom('h2', 'h3', 'http/1.1', 'a\\\\,b', '\\200', 'c\\"d')).map(
        (ids) => `"${ids.join(',')}"`,
      ),
      port: u16.map(String),
      ipv4hint: list(address4).map(String),
      ech: base64,
      ipv6hint: list(address6).map(String),
      dohpath: fc.constantFrom('/dns-query{?dns}', '"/q{?a,dns}"'),
      key1000: fc
        .uint8Array({ minLength: 1, maxLength: 20 })
        .map((found) => `"${[...found].map((octet) => `\\${String(octet).padStart(3, '0')}`).join('')}"`),
      key65534: letters,
    },
    { requiredKeys: [] },
  )
  .chain((found) => {
    const keys = Object.keys(found);
    const words = Object.entries(found).map(([name, value]) => `${name}=${value}`);
    return fc
      .tuple(
        keys.length === 0 ? fc.constant([]) : fc.subarray(keys),
        fc.boolean(),
        fc.shuffledSubarray(words, { minLength: words.length }),
      )
      .map(([mandatory, isAlone, shuffled]) =>
        [
          ...shuffled,
          ...(mandatory.length > 0 ? [`mandatory=${mandatory.join(',')}`] : []),
          ...(isAlone && keys.includes('alpn') ? ['no-default-alpn'] : []),
        ].join(' '),
      );
  });
const service = fc.oneof(
  fc.record({ priority: fc.integer({ min: 1, max: 0xffff }), target: name, value: parameters }),
  fc.record({ priority: fc.constant(0), target: name, value: fc.constant('') }),
);

const centimetres = fc
  .integer({ min: -10_000_000, max: 0xffff_ffff - 10_000_000 })
  .map((length) => length / 100);
/** One digit and zeros, in metres. */
const precision = fc.tuple(fc.nat(9), fc.nat(9)).map(([digit, zeros]) => (digit * 10 ** zeros) / 100);
const angle = (axis: string, degrees: number, directions: string) =>
  fc.record({
    [`${axis}_degrees`]: fc.nat(degrees - 1),
    [`${axis}_minutes`]: fc.nat(59),
    [`${axis}_seconds`]: fc.nat(59_999).map((thousandths) => thousandths / 1_000),
    [`${axis}_direction`]: fc.constantFrom(...directions),
  });
const location = both(
  both(angle('lat', 90, 'NS'), angle('long', 180, 'EW')),
  fc.record({ altitude: centimetres, size: precision, precision_horz: precision, precision_vert: precision }),
);

/** `data` of the API for valid rdata, by mnemonic: every type that has a layout. */
export const DATA: Readonly<Record<string, fc.Arbitrary<object>>> = {
  A: fc.record({ address: address4 }),
  AAAA: fc.record({ address: address6 }),
  AFSDB: preferred,
  CAA: fc.record({ flags: u8, tag: letters, value: anyText(300) }),
  CDNSKEY: key,
  CDS: delegationSigner,
  CERT: fc.record({ type: u16, key_tag: u16, algorithm: u8, certificate: base64 }),
  CNAME: target,
  DNAME: target,
  DNSKEY: key,
  DS: delegationSigner,
  HINFO: fc.record({ cpu: text, os: text }),
  HTTPS: service,
  KX: preferred,
  LOC: location,
  MB: target,
  MG: target,
  MINFO: fc.record({ rmailbx: name, emailbx: name }),
  MR: target,
  MX: preferred,
  NAPTR: both(
    fc.record({ order: u16, preference: u16, flags: letters, service: text }),
    fc.oneof(
      fc.record({ regex: fc.constant(''), replacement: name }),
      fc.record({
        regex: fc.constantFrom('!^.*$!sip:info@example.com!', '/(a)/\\1/i', '!a\\!b!"c"!'),
        replacement: fc.constant('.'),
      }),
    ),
  ),
  NS: target,
  OPENPGPKEY: fc.record({ public_key: base64 }),
  PTR: target,
  PX: fc.record({ priority: u16, map822: name, mapx400: name }),
  RP: fc.record({ mbox: name, txt: name }),
  RT: preferred,
  SMIMEA: association,
  SOA: fc.record({
    mname: name,
    rname: name,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  SPF: fc.record({ texts: list(text) }),
  SRV: fc.record({ priority: u16, weight: u16, port: u16, target: name }),
  SSHFP: both(fc.record({ algorithm: u8 }), digest('type', 'fingerprint', { 1: 20, 2: 32 })),
  SVCB: service,
  TLSA: association,
  TXT: fc.record({ texts: list(text) }),
  URI: fc.record({ priority: u16, weight: u16, target: anyText(300).filter((found) => found !== '') }),
};
