/** The TTL that stands for the default. */
export const AUTOMATIC_TTL = 1;

/** The types of records with a name, and what a content of each is like. The API takes every other one by its number: TYPE65280. */
export const EXAMPLES = /** @type {Record<string, string>} */ ({
  A: '192.0.2.1',
  AAAA: '2001:db8::1',
  AFSDB: '1 afs.example.com',
  CAA: '0 issue "ca.example"',
  CERT: 'PKIX 0 0 MIIB',
  CNAME: 'other.example.com',
  DNAME: 'other.example.com',
  DS: '60485 8 1 2BB183AF5F22588179A53B0A98631FAD1A292118',
  HINFO: '"ARM64" "Linux"',
  HTTPS: '1 . alpn="h2,h3"',
  KX: '10 exchange.example.com',
  LOC: '52 22 23.000 N 4 53 32.000 E -2.00m',
  MB: 'mail.example.com',
  MG: 'member.example.com',
  MINFO: 'owner.example.com errors.example.com',
  MR: 'renamed.example.com',
  MX: '10 mail.example.com',
  NAPTR: '100 10 "s" "SIP+D2U" "" _sip._udp.example.com',
  NS: 'ns1.example.net',
  OPENPGPKEY: 'aGVsbG8gd29ybGQ=',
  PTR: 'host.example.com',
  PX: '10 map822.example.com mapx400.example.com',
  RP: 'admin.example.com text.example.com',
  RT: '10 relay.example.com',
  SMIMEA: '3 1 1 0D6FCE3B7A9B1F5E7E0A3B6C7D8E9F00112233445566778899AABBCCDDEEFF00',
  SPF: '"v=spf1 mx -all"',
  SRV: '10 5 443 server.example.com',
  SSHFP: '4 2 B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A11',
  SVCB: '1 server.example.com port="8443"',
  TLSA: '3 1 1 0D6FCE3B7A9B1F5E7E0A3B6C7D8E9F00112233445566778899AABBCCDDEEFF00',
  TXT: '"some text"',
  URI: '10 1 "https://example.com/"',
});

/** The names of these types, in alphabetical order. */
export const RECORD_TYPES = Object.keys(EXAMPLES);
