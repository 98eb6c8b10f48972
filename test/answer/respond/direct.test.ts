/** The direct path against the plain one, which answers the same query with a record that is ignored (RFC 8945 §5.3) behind it. */

import { expect, test } from 'vitest';
import { newCounters } from '../../../src/answer/counters.ts';
import { answerDirectly, UNUSUAL } from '../../../src/answer/direct/direct.ts';
import { createOptWriter } from '../../../src/answer/edns/opt.ts';
import { newExchange, Transport } from '../../../src/answer/exchange.ts';
import { newFound } from '../../../src/answer/find.ts';
import { newMessage } from '../../../src/answer/message.ts';
import { newQuery, parseQuery, type Query } from '../../../src/answer/query.ts';
import { rateLimitMemory } from '../../../src/answer/rate-limit.ts';
import type { ResponderSettings } from '../../../src/answer/respond.ts';
import { UDP_OCTETS_MAX } from '../../../src/dns/edns.ts';
import { formatName, prependLabel } from '../../../src/dns/name.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { ANSWERED_RECORDS_MAX } from '../../../src/dns/rrset.ts';
import { Type } from '../../../src/dns/type.ts';
import type { Authority } from '../../../src/zone/authority.ts';
import fc, { draws } from '../../support/property.ts';
import { anyAuthority, anyName, POOLS } from '../../zone/arbitrary-authority.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf } from '../answering.ts';
import { type QuerySpec, queryPacket } from '../query-packet.ts';
import { PLAIN } from './responder.ts';

const QUESTIONS = 40;
const ADDITIONALS_AT = 10;

/** Settings with all that is optional, anew for each responder, which counts clients. */
const full = (): ResponderSettings => ({
  ...PLAIN,
  identity: Uint8Array.of(1, 2, 3),
  cookieSecrets: [new Uint8Array(16).fill(7)],
  udpOctetsMax: 700,
  rateLimit: {
    ...{ perSecond: 3, allPerSecond: 20, windowSeconds: 1, slip: 2, ipv4Bits: 24, ipv6Bits: 56, exempt: [] },
    memory: rateLimitMemory(7, 64, 64),
    isDryRun: false,
  },
});

const anyOption = fc.constantFrom(
  { code: 10, data: '0102030405060708' },
  { code: 10, data: '01' },
  { code: 8, data: '00011800c00002' },
  { code: 8, data: '000118' },
  { code: 3, data: '' },
  { code: 12, data: '0000' },
  { code: 65_001, data: '00' },
);
const anyOpt = fc.record({
  udpOctetsMax: fc.constantFrom(0, 511, 512, 560, 1232, 65_535),
  version: fc.constantFrom(0, 0, 0, 0, 1),
  flags: fc.constantFrom(0, 0x8000, 0xffff),
  options: fc.array(anyOption, { maxLength: 2 }),
});

/** Questions for what the authority has, and for what is near it. */
function anySpec({ zones }: Authority): fc.Arbitrary<QuerySpec> {
  const owned = zones.flatMap((zone) => [
    formatName(zone.apex),
    ...zone.rrsets.map(({ owner }) => formatName(owner)),
    ...(zone.pools ? POOLS.map((name) => formatName(prependLabel(name, zone.pools!))) : []),
  ]);
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...owned, ...owned.map((each) => each.toUpperCase())) },
    { weight: 1, arbitrary: fc.constantFrom('.', ...owned.map((each) => `x.${each}`)) },
    { weight: 1, arbitrary: anyName },
  );
  return fc.record({
    name,
    type: fc.constantFrom('A', 'A', 'A', 'AAAA', 'AAAA', 'TXT', 'ANY'),
    class: fc.constantFrom(1, 1, 1, 1, 1, 3, 255),
    id: fc.nat(0xffff),
    flags: fc.oneof(fc.constantFrom(0, 0x0100, 0x0120, 0x0030), fc.nat(0xffff)),
    opts: fc.array(anyOpt, { maxLength: 1 }),
  });
}

/** The same query with a record behind it that every answer ignores; it is none of the commonest form then. */
function withIgnored(packet: Uint8Array): Uint8Array {
  const record = [0, 0, Type.TXT, 0, 1, 0, 0, 0, 0, 0, 0];
  const longer = Uint8Array.from([...packet, ...record]);
  longer[ADDITIONALS_AT + 1]! += 1;
  return longer;
}

const anyCase = anyAuthority.chain((authority) =>
  fc.record({
    authority: fc.constant(authority),
    specs: fc.array(anySpec(authority), { minLength: QUESTIONS, maxLength: QUESTIONS }),
    transport: fc.constantFrom(...Object.values(Transport)),
    isFull: fc.boolean(),
    addressesMax: fc.constantFrom(1, 2, ANSWERED_RECORDS_MAX),
  }),
);

test('the direct path answers to the same octets and counters as the plain one', () => {
  let answered = 0;
  fc.assert(
    fc.property(anyCase, ({ authority, specs, transport, isFull, addressesMax }) => {
      const [direct, plain] = [0, 1].map(() =>
        answering(authority, 5, isFull ? full() : PLAIN, { addressesMax }),
      );
      for (const spec of specs) {
        const packet = queryPacket(spec);
        const answer = direct!.send(packet, transport);
        expect(answer, spec.name).toEqual(plain!.send(withIgnored(packet), transport));
        if (answer !== undefined && answer[7] !== 0) answered += 1;
      }
      expect(direct!.responder.counters).toEqual(plain!.responder.counters);
    }),
    { numRuns: draws(60) },
  );
  expect(answered).toBeGreaterThan(draws(60));
});

test.each([
  { title: 'without OPT', opts: [], optOctets: 0 },
  { title: 'with OPT', opts: [{ udpOctetsMax: 512 }], optOctets: 11 },
])('an answer of 512 octets is whole, and one more has TC: $title', ({ opts, optOctets }) => {
  const addresses = Array.from({ length: 28 }, (_, i) => `192.0.2.${i}`);
  // An answer for a label of one octet takes 479.
  const labels = [33, 34, 35].map((octets) => 'a'.repeat(octets - optOctets));
  const lines = labels.flatMap((label) => addresses.map((address) => `${label} 60 A ${address}`));
  const { ask, send } = answering(authorityOf([zoneFile('example.org', lines.join('\n'))]));
  const [less, most, more] = [33, 34, 35].map((octets) => `${'a'.repeat(octets - optOctets)}.example.org`);
  for (const [name, octets] of [
    [less!, 511],
    [most!, 512],
  ] as const) {
    expect(send(queryPacket({ name, opts }))).toHaveLength(octets);
    expect(ask({ name, opts })).toMatchObject({ tc: false, answer: { length: addresses.length } });
  }
  expect(ask({ name: more!, opts })).toMatchObject({ tc: true, answer: [] });
});

/** What parseQuery() says of a query. What is left of queries before it has no meaning. */
const parsedOf = ({ octets, view, name, words, nameView, labelAt, hashes, ...rest }: Query) => ({
  ...rest,
  cookieAt: rest.cookieOctets === 0 ? 0 : rest.cookieAt,
  subnetAt: rest.subnetOctets === 0 ? 0 : rest.subnetAt,
  name: name.slice(-rest.nameOctets),
  labelAt: labelAt.slice(0, rest.labels + 2),
  hashes: hashes.slice(-Math.ceil(rest.nameOctets / 4) - 1),
});

test('what the direct path does not call unusual it parses as the plain one does, whatever the octets are', () => {
  const name = fc.oneof(
    fc.constant('web.pools.example.org'),
    fc
      .array(fc.constantFrom('a', 'B'.repeat(40), 'c'.repeat(63)), { maxLength: 4 })
      .map((all) => `${all.join('.')}.`),
    // 254 to 256 octets.
    fc
      .constantFrom(60, 61, 62)
      .map((last) => [63, 63, 63, last].map((octets) => 'x'.repeat(octets)).join('.')),
  );
  const packet = fc
    .record({
      name,
      type: fc.constantFrom('A', 'AAAA'),
      flags: fc.constantFrom(0, 0x0100),
      opts: fc.array(anyOpt, { maxLength: 1 }),
    })
    .map((spec) => queryPacket(spec as QuerySpec));
  const change = fc.record({ at: fc.nat(300), octet: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 63, 64)) });
  const { reader } = answering({ zones: [], serial: 1, pools: new Map() });
  const [query, plain] = [newQuery(), newQuery()];
  const message = newMessage(1);
  const opt = createOptWriter(
    { nsid: undefined, cookies: undefined, udpOctetsMax: UDP_OCTETS_MAX, keepaliveUnits: 1 },
    query,
    message,
  );
  const exchange = { ...newExchange(Transport.UDP), reply: new Uint8Array(UDP_OCTETS_MAX) };
  let usual = 0;
  fc.assert(
    fc.property(
      packet,
      fc.array(change, { maxLength: 2 }),
      fc.integer({ min: -3, max: 1 }),
      (octets, changes, cut) => {
        const whole = Uint8Array.from([...octets, 0]);
        for (const { at, octet } of changes) if (at < octets.length) whole[at] = octet;
        exchange.query = whole;
        exchange.queryOctets = cut === 1 ? whole.length : octets.length + Math.min(0, cut + 1);
        const found = newFound();
        const said = answerDirectly(
          query,
          found,
          exchange,
          reader,
          message,
          opt,
          UDP_OCTETS_MAX,
          newCounters(),
        );
        if (said === UNUSUAL) return;
        usual += 1;
        expect(parseQuery(plain, whole, 0, exchange.queryOctets)).toBe(Rcode.NOERROR);
        expect(parsedOf(query)).toEqual(parsedOf(plain));
      },
    ),
    { numRuns: draws(2_000) },
  );
  expect(usual).toBeGreaterThan(draws(500));
});
