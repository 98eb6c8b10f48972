import { describe, expect, test } from 'vitest';
import {
  PROXY_HEADER_OCTETS_MAX,
  PROXY_PREFIX_OCTETS,
  parseProxyHeader,
} from '../../../src/serve/stream/proxy-protocol.ts';
import fc from '../../support/property.ts';
import { IPV4, IPV6, MAPPED, proxyHeader, tlv } from './proxy-header.ts';

const CLIENT4 = Uint8Array.of(192, 0, 2, 7);
const CLIENT6 = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7);

describe('headers (proxy-protocol.txt §2.2)', () => {
  test.each([
    { of: 'TCP over IPv4', header: proxyHeader({ family: 0x11, body: IPV4 }), client: CLIENT4 },
    { of: 'UDP over IPv4', header: proxyHeader({ family: 0x12, body: IPV4 }), client: CLIENT4 },
    { of: 'TCP over IPv6', header: proxyHeader({ family: 0x21, body: IPV6 }), client: CLIENT6 },
    { of: 'UDP over IPv6', header: proxyHeader({ family: 0x22, body: IPV6 }), client: CLIENT6 },
    { of: 'IPv4 mapped into IPv6', header: proxyHeader({ family: 0x21, body: MAPPED }), client: CLIENT4 },
    {
      of: 'TLVs, which are ignored,',
      header: proxyHeader({ body: [...IPV4, ...tlv(0x04, 0), ...tlv(0xea, 300)] }),
      client: CLIENT4,
    },
  ])('$of names the client', ({ header, client }) => {
    expect(parseProxyHeader(header)).toEqual({ kind: 'client', octets: header.length, client });
    // What follows is the connection's own.
    const more = Buffer.concat([header, Buffer.alloc(500, 0xff)]);
    expect(parseProxyHeader(more)).toEqual({ kind: 'client', octets: header.length, client });
  });

  test.each([
    { of: 'LOCAL without addresses', header: proxyHeader({ command: 0, family: 0, body: [] }) },
    { of: 'LOCAL with other octets', header: proxyHeader({ command: 0, family: 0xff, body: [1, 2, 3] }) },
    { of: 'LOCAL with addresses', header: proxyHeader({ command: 0, body: IPV4 }) },
    { of: 'an unspecified family', header: proxyHeader({ family: 0x00, body: [] }) },
    { of: 'an unspecified family with octets to ignore', header: proxyHeader({ family: 0x00, body: [9] }) },
    { of: 'a UNIX stream', header: proxyHeader({ family: 0x31, body: Array(216).fill(1) }) },
    { of: 'a UNIX datagram socket', header: proxyHeader({ family: 0x32, body: Array(216).fill(1) }) },
  ])('$of names no client', ({ header }) => {
    expect(parseProxyHeader(header)).toEqual({ kind: 'unnamed', octets: header.length });
  });
});

describe('refused', () => {
  test.each([
    {
      header: Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 1 53\r\n'),
      rule: 'a header of version 1; only version 2 is read',
    },
    { header: Buffer.from('PROXIES'), rule: 'no signature' },
    { header: Buffer.from([0, 29, 1, 2]), rule: 'no signature' },
    { header: proxyHeader({ version: 1 }), rule: 'version 1' },
    { header: proxyHeader({ version: 3 }), rule: 'version 3' },
    { header: proxyHeader({ command: 2 }), rule: 'command 2' },
    { header: proxyHeader({ command: 15 }), rule: 'command 15' },
    { header: proxyHeader({ family: 0x10 }), rule: 'family and protocol 16' },
    { header: proxyHeader({ family: 0x01 }), rule: 'family and protocol 1' },
    { header: proxyHeader({ family: 0x13 }), rule: 'family and protocol 19' },
    { header: proxyHeader({ family: 0x41 }), rule: 'family and protocol 65' },
    { header: proxyHeader({ body: IPV4.slice(1) }), rule: '11 octets of addresses; 12 at least' },
    {
      header: proxyHeader({ family: 0x21, body: IPV6.slice(1) }),
      rule: '35 octets of addresses; 36 at least',
    },
    {
      header: proxyHeader({ family: 0x31, body: Array(215).fill(1) }),
      rule: '215 octets of addresses; 216 at least',
    },
    { header: proxyHeader({ body: [...IPV4, 1] }), rule: 'TLVs of another length' },
    { header: proxyHeader({ body: [...IPV4, 1, 0] }), rule: 'TLVs of another length' },
    { header: proxyHeader({ body: [...IPV4, 1, 0, 1] }), rule: 'TLVs of another length' },
    { header: proxyHeader({ body: [...IPV4, ...tlv(4, 9).slice(1)] }), rule: 'TLVs of another length' },
  ])('$rule', ({ header, rule }) => {
    expect(parseProxyHeader(header)).toEqual({ kind: 'broken', rule });
  });
});

test('a header of the maximum length is read, and a longer one is refused', () => {
  const filler = PROXY_HEADER_OCTETS_MAX - PROXY_PREFIX_OCTETS - IPV4.length - 3;
  const longest = proxyHeader({ body: [...IPV4, ...tlv(0xe0, filler)] });
  expect(longest.length).toBe(PROXY_HEADER_OCTETS_MAX);
  expect(parseProxyHeader(longest)).toMatchObject({ kind: 'client', octets: PROXY_HEADER_OCTETS_MAX });
  const longer = proxyHeader({ body: [...IPV4, ...tlv(0xe0, filler + 1)] });
  // Its length is known before it is there.
  expect(parseProxyHeader(longer.subarray(0, PROXY_PREFIX_OCTETS))).toEqual({
    kind: 'broken',
    rule: `${PROXY_HEADER_OCTETS_MAX + 1} octets; ${PROXY_HEADER_OCTETS_MAX} at most`,
  });
});

const address4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const address6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const tlvs = fc
  .array(fc.tuple(fc.nat(255), fc.nat(200)), { maxLength: 5 })
  .map((each) => each.flatMap(([type, length]) => tlv(type, length)));

test('any header is read whatever follows it, and a part of it is unfinished', () => {
  fc.assert(
    fc.property(
      fc.oneof(address4, address6),
      tlvs,
      fc.uint8Array({ maxLength: 50 }),
      fc.nat(),
      (client, more, rest, cut) => {
        const isIpv4 = client.length === 4;
        const addresses = [...client, ...client, 0, 1, 0, 53];
        const header = proxyHeader({ family: isIpv4 ? 0x11 : 0x21, body: [...addresses, ...more] });
        const parsed = parseProxyHeader(Buffer.concat([header, rest]));
        expect(parsed).toMatchObject({ kind: 'client', octets: header.length });
        const isMapped = Buffer.from(client)
          .toString('hex')
          .startsWith(`${'00'.repeat(10)}ffff`);
        if (parsed.kind === 'client') expect(parsed.client).toEqual(isMapped ? client.slice(12) : client);
        expect(parseProxyHeader(header.subarray(0, cut % header.length))).toEqual({ kind: 'unfinished' });
      },
    ),
  );
});

test('for any octets, more octets never change a finished or refused header', () => {
  const start = proxyHeader({ body: IPV4 });
  const nearly = fc
    .tuple(fc.nat(start.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 300 }))
    .map(([at, octet, more]) => {
      const changed = Buffer.concat([start, more]);
      changed[at] = octet;
      return changed;
    });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 100 }).map((octets) => Buffer.from(octets)),
        nearly,
      ),
      fc.nat(),
      (octets, cut) => {
        const whole = parseProxyHeader(octets);
        if ('octets' in whole) expect(whole.octets).toBeLessThanOrEqual(octets.length);
        const part = parseProxyHeader(octets.subarray(0, cut % (octets.length + 1)));
        if (part.kind !== 'unfinished') expect(whole).toEqual(part);
      },
    ),
  );
});
