import { describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { UDP_OCTETS_LIMIT, UDP_OCTETS_MAX } from '../../../src/dns/edns.ts';
import { PLAIN_UDP_OCTETS_MAX } from '../../../src/dns/header.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf } from '../answering.ts';
import { decode } from '../decode.ts';
import { type QuerySpec, queryPacket } from '../query-packet.ts';
import { PLAIN } from './responder.ts';

const OPT_OCTETS = 11;
const HEADER_AND_QUESTION = 12 + 'w.example.org'.length + 2 + 4;
const RECORD_HEAD_OCTETS = 12;

/** A zone whose `w` has one TXT record such that the whole answer takes `octets` without OPT. */
function answerOf(octets: number, settings = PLAIN) {
  let rest = octets - HEADER_AND_QUESTION - RECORD_HEAD_OCTETS;
  const strings: string[] = [];
  while (rest > 0) {
    const length = Math.min(rest - 1, 255);
    strings.push(`"${'x'.repeat(length)}"`);
    rest -= 1 + length;
  }
  return answering(authorityOf([zoneFile('example.org', `w 60 TXT ${strings.join(' ')}`)]), 1, settings);
}

function sizeAndTc(
  octets: number,
  query: Partial<QuerySpec>,
  transport: number = Transport.UDP,
  settings = PLAIN,
) {
  const reply = answerOf(octets, settings).send(
    queryPacket({ name: 'w.example.org', type: 'TXT', ...query }),
    transport,
  )!;
  return { octets: reply.length, tc: decode(reply).tc, records: decode(reply).answer.length };
}

describe('the size of a UDP answer', () => {
  const size = (udpOctetsMax: number) => ({ opts: [{ udpOctetsMax }] });
  test.each([
    { rule: 'RFC 1035 §4.2.1: without EDNS', query: {}, limit: PLAIN_UDP_OCTETS_MAX },
    { rule: 'RFC 6891 §6.2.3: less than 512 is 512', query: size(0), limit: PLAIN_UDP_OCTETS_MAX },
    { rule: 'RFC 6891 §6.2.3: 511', query: size(511), limit: PLAIN_UDP_OCTETS_MAX },
    { rule: 'RFC 6891 §6.2.3: 513', query: size(513), limit: 513 },
    { rule: 'RFC 9715 §3.2: as the requestor says', query: size(1231), limit: 1231 },
    { rule: 'RFC 9715 §3.2: our own bound', query: size(1233), limit: UDP_OCTETS_MAX },
    { rule: 'RFC 9715 §3.2: however large', query: size(65_535), limit: UDP_OCTETS_MAX },
  ])('$rule', ({ query, limit }) => {
    const opt = 'opts' in query ? OPT_OCTETS : 0;
    expect(sizeAndTc(limit - opt, query)).toEqual({ octets: limit, tc: false, records: 1 });
    // RFC 2181 §9: an RRset that does not fit as a whole is left out and TC is set; OPT has its place (RFC 6891 §7).
    expect(sizeAndTc(limit - opt + 1, query)).toEqual({
      octets: HEADER_AND_QUESTION + opt,
      tc: true,
      records: 0,
    });
  });

  test.each([512, 1_400, UDP_OCTETS_LIMIT])('%i if configured, and OPT announces it', (udpOctetsMax) => {
    const settings = { ...PLAIN, udpOctetsMax };
    const fits = sizeAndTc(udpOctetsMax - OPT_OCTETS, size(65_535), Transport.UDP, settings);
    expect(fits).toEqual({ octets: udpOctetsMax, tc: false, records: 1 });
    expect(sizeAndTc(udpOctetsMax - OPT_OCTETS + 1, size(65_535), Transport.UDP, settings).tc).toBe(true);
    expect(sizeAndTc(1_000, size(512), Transport.UDP, settings).tc).toBe(true);
    expect(answerOf(100, settings).ask({ name: 'w.example.org', opts: [{}] }).opt).toMatchObject({
      udpOctetsMax,
    });
  });

  test('TCP is not limited by it (RFC 1035 §4.2.2)', () => {
    expect(sizeAndTc(64_000, size(512), Transport.TCP)).toEqual({ octets: 64_011, tc: false, records: 1 });
  });
});

describe('records that do not fit', () => {
  const name = (label: string) => `${label}.${'x'.repeat(40)}`;
  const glue = Array.from(
    { length: 12 },
    (_, i) => `${name(`ns${i}`)}.cut 60 A 192.0.2.${i}\n${name(`ns${i}`)}.cut 60 AAAA 2001:db8::${i}`,
  );
  const cut = (count: number) =>
    Array.from({ length: count }, (_, i) => `cut 60 NS ${name(`ns${i}`)}.cut.example.org`).join('\n');
  const apex = cut(5).replaceAll('cut 60 NS', '@ 60 NS');

  test('RFC 9471 §3: glue that does not fit sets TC, and complete sets stay', () => {
    const { ask } = answering(authorityOf([zoneFile('example.org', `${cut(5)}\n${glue.join('\n')}`)]));
    const message = ask({ name: 'www.cut.example.org' });
    expect(message).toMatchObject({ tc: true, aa: false });
    expect(message.authority).toHaveLength(5);
    expect(message.additional.length).toBeGreaterThan(0);
    expect(message.additional.length).toBeLessThan(10);
    expect(ask({ name: 'www.cut.example.org' }, Transport.TCP)).toMatchObject({ tc: false });
    expect(ask({ name: 'www.cut.example.org' }, Transport.TCP).additional).toHaveLength(10);
  });

  test('RFC 2181 §9: an NS set that does not fit is left out as a whole', () => {
    const { ask } = answering(authorityOf([zoneFile('example.org', `${cut(12)}\n${glue.join('\n')}`)]));
    expect(ask({ name: 'www.cut.example.org' })).toMatchObject({ tc: true, authority: [], additional: [] });
  });

  test('RFC 2181 §9: other additional data that does not fit does not set TC', () => {
    const addresses = glue.map((line) => line.replaceAll('.cut 60', ' 60')).join('\n');
    const ns = apex.replaceAll('.cut.example.org', '.example.org');
    const { ask } = answering(authorityOf([zoneFile('example.org', `${ns}\n${addresses}`)]));
    const message = ask({ name: 'example.org', type: 'NS' });
    expect(message).toMatchObject({ tc: false, aa: true });
    expect(message.answer).toHaveLength(5);
    expect(message.additional.length).toBeGreaterThan(0);
    expect(message.additional.length).toBeLessThan(10);
    expect(ask({ name: 'example.org', type: 'NS' }, Transport.TCP).additional).toHaveLength(10);
  });

  test('an SOA that does not fit after a chain sets TC, and the rcode stays', () => {
    const label = 'y'.repeat(63);
    const target = `${label}.${label}.${label}.no-such-name.example.org`;
    const { ask } = answering(
      authorityOf([zoneFile('example.org', `a.${label}.${label}.${label} 60 CNAME ${target}`)]),
    );
    const name = `a.${label}.${label}.${label}.example.org`;
    expect(ask({ name })).toMatchObject({ tc: true, rcode: Rcode.NXDOMAIN, authority: [] });
    expect(ask({ name }).answer).toHaveLength(1);
    expect(ask({ name, opts: [{}] })).toMatchObject({ tc: false, rcode: Rcode.NXDOMAIN });
  });

  test('addresses that rotate are left out as a whole', () => {
    const set = Array.from({ length: 31 }, (_, i) => `w 60 A 192.0.2.${i}`).join('\n');
    const { ask } = answering(authorityOf([zoneFile('example.org', set)]));
    expect(ask({ name: 'w.example.org' })).toMatchObject({ tc: true, answer: [] });
    expect(ask({ name: 'w.example.org', opts: [{}] }).answer).toHaveLength(31);
  });
});
