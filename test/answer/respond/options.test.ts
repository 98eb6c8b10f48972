import { describe, expect, test } from 'vitest';
import {
  COUNTED_TYPES,
  Counter,
  LIMITED_DROPPED,
  LIMITED_DRY,
  LIMITED_SLIPPED,
} from '../../../src/answer/counters.ts';
import { Transport } from '../../../src/answer/exchange.ts';
import { rateLimitMemory } from '../../../src/answer/rate-limit.ts';
import { openTable } from '../../../src/answer/reader.ts';
import type { ResponderSettings } from '../../../src/answer/respond.ts';
import { createTable } from '../../../src/answer/table.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, asking, authorityOf } from '../answering.ts';
import { decode } from '../decode.ts';
import { type QuerySpec, queryPacket } from '../query-packet.ts';
import { NOW_SECONDS, PLAIN } from './responder.ts';

const zone = zoneFile('example.org', 'www 60 A 192.0.2.1');
const identity = Buffer.from('ns1');
const FULL: ResponderSettings = {
  ...PLAIN,
  identity,
  version: Buffer.from('none of yours'),
  cookieSecrets: [Uint8Array.from({ length: 16 }, (_, i) => i)],
};
const name = 'www.example.org';
const over = (settings: ResponderSettings) => answering(authorityOf([zone]), 1, settings);

/** The options of an answer, by code, their data in hexadecimal. */
function optionsOf(
  spec: QuerySpec,
  settings = FULL,
  transport: number = Transport.UDP,
): Record<number, string> {
  const { opt } = over(settings).ask(spec, transport);
  return Object.fromEntries(opt!.options.map(({ code, data }) => [code, data]));
}
const asks = (...options: { code: number; data: string }[]): QuerySpec => ({ name, opts: [{ options }] });

const CLIENT_COOKIE = '0011223344556677';

describe('options that are answered', () => {
  test.each([
    {
      rule: 'RFC 5001 §2.1: NSID on demand',
      option: { code: 3, data: '' },
      answered: identity.toString('hex'),
    },
    {
      rule: 'RFC 7871 §7.2.1: the subnet with scope 0',
      option: { code: 8, data: '00011800c00002' },
      answered: '00011800c00002',
    },
    {
      rule: 'RFC 7871: IPv6',
      option: { code: 8, data: '0002380020010db8000000' },
      answered: '0002380020010db8000000',
    },
    {
      rule: 'RFC 7871 §6: a prefix within an octet',
      option: { code: 8, data: '00011700c00002' },
      answered: '00011700c00002',
    },
    {
      rule: 'RFC 7871 §7.1.2: without a client address',
      option: { code: 8, data: '00010000' },
      answered: '00010000',
    },
  ])('$rule', ({ option, answered }) => {
    expect(optionsOf(asks(option))).toEqual({ [option.code]: answered });
  });

  test('RFC 9018 §4: a client cookie gets a server cookie, which is valid from then on', () => {
    const { send, ask, responder } = over(FULL);
    const { opt } = ask(asks({ code: 10, data: CLIENT_COOKIE }));
    const { data } = opt!.options[0]!;
    expect(data).toMatch(
      new RegExp(`^${CLIENT_COOKIE}01000000${NOW_SECONDS.toString(16).padStart(8, '0')}[0-9a-f]{16}$`),
    );
    send(queryPacket(asks({ code: 10, data })));
    send(queryPacket(asks({ code: 10, data: data.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) })));
    expect(responder.counters[Counter.COOKIE_VALID]).toBe(1);
    expect(responder.counters[Counter.COOKIE_OTHER]).toBe(2);
  });

  test('RFC 7873 §5.4: a cookie without a question', () => {
    const packet = queryPacket({ ...asks({ code: 10, data: CLIENT_COOKIE }), questions: 0 });
    const reply = over(FULL).send(packet)!;
    expect([reply[3], reply[5]]).toEqual([Rcode.NOERROR, 0]);
    expect(Buffer.from(reply).toString('hex')).toContain(CLIENT_COOKIE);
  });

  test.each([
    { rule: '§3.3.2: over TCP, in units of 100 ms', transport: Transport.TCP, data: '', told: '0064' },
    { rule: '§3.3.2: over TLS', transport: Transport.DOT, data: '', told: '0064' },
    { rule: '§3.3.1: not over UDP', transport: Transport.UDP, data: '', told: undefined },
    { rule: 'HTTP has its own', transport: Transport.DOH, data: '', told: undefined },
    {
      rule: '§3.2.1: a timeout in a query gets none',
      transport: Transport.TCP,
      data: '0064',
      told: undefined,
    },
    { rule: '§3.2.1: nor do other octets', transport: Transport.TCP, data: '00', told: undefined },
    { rule: '§3.3.1: over UDP it is ignored', transport: Transport.UDP, data: '00', told: undefined },
  ])('keepalive (RFC 7828), $rule', ({ transport, data, told }) => {
    expect(optionsOf(asks({ code: 11, data }), FULL, transport)).toEqual(
      told === undefined ? {} : { 11: told },
    );
  });

  test('all options fit together, at the smallest size', () => {
    const spec: QuerySpec = {
      name: `${`${'a'.repeat(63)}.`.repeat(3)}${'b'.repeat(48)}.example.org`,
      opts: [
        {
          udpOctetsMax: 512,
          options: [3, 8, 10].map((code) => ({
            code,
            data: { 3: '', 8: `00028000${'20'.repeat(16)}`, 10: CLIENT_COOKIE }[code]!,
          })),
        },
      ],
    };
    const reply = over({ ...FULL, identity: Buffer.alloc(63, 'x') }).send(queryPacket(spec))!;
    expect(reply.length).toBeLessThanOrEqual(512);
    expect(over({ ...FULL, identity: Buffer.alloc(63, 'x') }).ask(spec).opt!.options).toHaveLength(3);
  });

  test('options that are not set are not answered, and nothing without OPT', () => {
    const everything = asks({ code: 3, data: '' }, { code: 10, data: CLIENT_COOKIE });
    expect(optionsOf(everything, PLAIN)).toEqual({});
    expect(over(FULL).ask({ name }).opt).toBeUndefined();
  });
});

test('RFC 7871 §7.2.1: scope 0, since no answer depends on the client or its subnet', () => {
  const member = (weight: number, i: number) => ({ address: `192.0.2.${i + 1}`, weight });
  const authority = authorityOf(
    [zoneFile('example.org', 'www 60 A 192.0.2.9', { pools: 'pools' })],
    new Map([
      ['rotate', [1, 1, 1].map(member)],
      ['pick', [1, 2, 3].map(member)],
    ]),
  );
  const answersTo = (peer: number[], data: string) => {
    const { responder } = answering(authority);
    const reply = new Uint8Array(4_096);
    const fields = { peer: Uint8Array.from(peer), peerOctets: peer.length };
    const names = ['www', 'rotate.pools', 'pick.pools', 'none'].map((each) => `${each}.example.org`);
    return Array.from({ length: 200 }, (_, i) => {
      const packet = queryPacket({ ...asks({ code: 8, data }), name: names[i % names.length]! });
      const octets = responder.respond(packet, reply, Transport.UDP, fields);
      const { opt, ...sections } = decode(reply.slice(0, octets));
      expect(opt!.options[0]!.data.slice(6, 8)).toBe('00');
      return sections;
    });
  };
  const here = answersTo([192, 0, 2, 1], '00011800c00002');
  expect(answersTo([203, 0, 113, 9], '00011800cb0071')).toEqual(here);
  expect(answersTo([0x20, 1, 0xd, 0xb8, ...Array(12).fill(7)], '0002380020010db8000000')).toEqual(here);
});

test.each([
  { rule: 'RFC 7871 §6: scope is the server’s to tell', option: { code: 8, data: '00011818c00002' } },
  { rule: 'RFC 7871 §6: too many octets', option: { code: 8, data: '00011800c0000200' } },
  { rule: 'RFC 7871 §6: too few', option: { code: 8, data: '00011800c000' } },
  { rule: 'RFC 7871 §6: a bit behind the prefix', option: { code: 8, data: '00011700c00003' } },
  { rule: 'RFC 7871 §6: more bits than an address has', option: { code: 8, data: '00012100c000020100' } },
  { rule: 'RFC 7871 §6: no family of that number', option: { code: 8, data: '00031800c00002' } },
  { rule: 'RFC 7871 §6: not even a prefix', option: { code: 8, data: '000118' } },
  { rule: 'RFC 7873 §5.2.2: 7 octets', option: { code: 10, data: CLIENT_COOKIE.slice(2) } },
  { rule: 'RFC 7873 §5.2.2: 15 octets', option: { code: 10, data: '00'.repeat(15) } },
  { rule: 'RFC 7873 §5.2.2: 41 octets', option: { code: 10, data: '00'.repeat(41) } },
])('FORMERR: $rule', ({ option }) => {
  expect(over(FULL).ask(asks(option)).rcode).toBe(Rcode.FORMERR);
});

test.each([16, 40])('a COOKIE of %i octets is well formed, valid or not (RFC 7873 §4.2)', (octets) => {
  expect(over(FULL).ask(asks({ code: 10, data: '00'.repeat(octets) })).rcode).toBe(Rcode.NOERROR);
});

describe('extended errors (RFC 8914)', () => {
  const extendedError = (spec: QuerySpec) => optionsOf({ opts: [{}], ...spec })[15];
  test.each([
    { of: 'a name of nobody’s we know: Not Authoritative', spec: { name: 'example.com' }, code: '0014' },
    { of: 'a zone transfer: Not Supported', spec: { name, type: 252 }, code: '0015' },
    { of: 'an answer', spec: { name }, code: undefined },
    { of: 'a name that does not exist', spec: { name: 'no.example.org' }, code: undefined },
  ])('$of', ({ spec, code }) => {
    expect(extendedError(spec)).toBe(code);
  });
  test('before the first generation the error is Not Ready', () => {
    const { ask } = asking(openTable(createTable().buffers));
    expect(ask({ name, opts: [{}] })).toMatchObject({
      rcode: Rcode.SERVFAIL,
      opt: { options: [{ code: 15, data: '000e' }] },
    });
  });
});

describe('class CH (RFC 4892)', () => {
  const TXT = 16;
  const text = (spec: QuerySpec, settings = FULL) => {
    const { rcode, answer } = over(settings).ask({ class: 3, type: TXT, ...spec });
    return answer[0] ? Buffer.from(answer[0].rdata, 'hex').subarray(1).toString() : rcode;
  };
  test.each([
    { name: 'version.bind', told: 'none of yours' },
    { name: 'VERSION.server', told: 'none of yours' },
    { name: 'id.server', told: 'ns1' },
    { name: 'hostname.bind', told: 'ns1' },
    { name: 'authors.bind', told: Rcode.REFUSED },
  ])('$name: $told', ({ name, told }) => {
    expect(text({ name })).toBe(told);
    expect(text({ name }, PLAIN)).toBe(Rcode.REFUSED);
  });
  test('another type at such a name', () => {
    expect(text({ name: 'id.server', type: 1 })).toBe(Rcode.NOERROR);
  });
});

describe('response rate limiting', () => {
  const limit = { perSecond: 3, windowSeconds: 2, slip: 2, ipv4Bits: 24, ipv6Bits: 56, exempt: [] };
  const limiting = (fields: Partial<NonNullable<ResponderSettings['rateLimit']>> = {}) =>
    over({ ...FULL, rateLimit: { ...limit, isDryRun: false, memory: rateLimitMemory(1), ...fields } });

  /** Answers in letters: A whole, T truncated and empty, - silence. */
  const seen = (
    { send }: ReturnType<typeof limiting>,
    spec: QuerySpec,
    count: number,
    transport: number = Transport.UDP,
  ) =>
    Array.from({ length: count }, () => {
      const reply = send(queryPacket(spec), transport);
      if (reply === undefined) return '-';
      return (reply[2]! & 0x02) === 0 ? 'A' : reply[7] === 0 ? 'T' : '?';
    }).join('');

  test('equal answers pass up to the limit, and then slip or are dropped', () => {
    const server = limiting();
    expect(seen(server, { name }, 9)).toBe('AAA-T-T-T');
    expect(server.responder.counters[Counter.LIMITED + LIMITED_DROPPED]).toBe(3);
    expect(server.responder.counters[Counter.LIMITED + LIMITED_SLIPPED]).toBe(3);
  });
  test('all names that do not exist share one limit (a random-subdomain flood)', () => {
    const server = limiting();
    const flood = Array.from({ length: 6 }, (_, i) => seen(server, { name: `r${i}.example.org` }, 1)).join(
      '',
    );
    expect(flood).toBe('AAA-T-');
  });
  test('other answers are not limited', () => {
    const server = limiting();
    seen(server, { name: 'no.example.org' }, 100);
    seen(server, { name: 'example.com' }, 100);
    expect(seen(server, { name }, 3)).toBe('AAA');
  });
  test('a valid cookie or TCP proves the address', () => {
    const server = limiting();
    const { opt } = server.ask(asks({ code: 10, data: CLIENT_COOKIE }));
    seen(server, { name }, 100);
    expect(seen(server, asks({ code: 10, data: opt!.options[0]!.data }), 20)).toBe('A'.repeat(20));
    expect(seen(server, { name }, 20, Transport.TCP)).toBe('A'.repeat(20));
    expect(seen(server, asks({ code: 10, data: CLIENT_COOKIE }), 4)).not.toContain('A');
  });
  test('a dry run counts and answers', () => {
    const server = limiting({ isDryRun: true });
    expect(seen(server, { name }, 9)).toBe('A'.repeat(9));
    expect(server.responder.counters[Counter.LIMITED + LIMITED_DRY]).toBe(6);
  });
});

test('queries are counted by transport, type, rcode, EDNS, malformed and silent', () => {
  const { send, responder } = over(FULL);
  const { counters } = responder;
  send(queryPacket({ name }));
  send(queryPacket({ name, type: 28, opts: [{}] }), Transport.TCP);
  send(queryPacket({ name: 'no.example.org', type: 65 }), Transport.DOH);
  send(queryPacket({ name, type: 65_280 }));
  send(queryPacket({ name, questions: 2 }));
  send(queryPacket({ name, flags: 0x8000 }));
  const counted = Object.fromEntries([...counters].flatMap((count, i) => (count === 0 ? [] : [[i, count]])));
  expect(counted).toEqual({
    [Counter.QUERIES + Transport.UDP]: 3,
    [Counter.QUERIES + Transport.TCP]: 1,
    [Counter.QUERIES + Transport.DOH]: 1,
    [Counter.SILENT]: 1,
    [Counter.MALFORMED]: 1,
    [Counter.EDNS]: 1,
    [Counter.TYPES]: 1,
    [Counter.TYPES + 1]: 1,
    [Counter.TYPES + Object.keys(COUNTED_TYPES).indexOf('HTTPS')]: 1,
    [Counter.TYPES + Object.keys(COUNTED_TYPES).length]: 1,
    [Counter.RCODES + Rcode.NOERROR]: 3,
    [Counter.RCODES + Rcode.NXDOMAIN]: 1,
    [Counter.RCODES + Rcode.FORMERR]: 1,
    [Counter.ZONES]: 4,
    [Counter.NAMES]: 3,
  });
});
