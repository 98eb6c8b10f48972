/** The TTL that stands for the default. */
export const AUTOMATIC_TTL = 1;

/** Types that are offered. The API takes more. */
export const COMMON_TYPES = [
  'A',
  'AAAA',
  'CAA',
  'CNAME',
  'DNAME',
  'DS',
  'HTTPS',
  'LOC',
  'MX',
  'NAPTR',
  'NS',
  'PTR',
  'SRV',
  'SSHFP',
  'SVCB',
  'TLSA',
  'TXT',
  'URI',
];

/** What a content is like, by type. */
export const EXAMPLES = /** @type {Record<string, string>} */ ({
  A: '192.0.2.1',
  AAAA: '2001:db8::1',
  CAA: '0 issue "ca.example"',
  CNAME: 'other.example.com',
  MX: '10 mail.example.com',
  NS: 'ns1.example.net',
  PTR: 'host.example.com',
  SRV: '10 5 443 server.example.com',
  TXT: '"some text"',
  URI: '10 1 "https://example.com/"',
});
