import { describe, expect, test } from 'vitest';
import { Counter, LIMITED_DROPPED, LIMITED_DRY, LIMITED_SLIPPED } from '../../../src/answer/counters.ts';
import { type Exchange, Transport } from '../../../src/answer/exchange.ts';
import { rateLimitMemory } from '../../../src/answer/rate-limit.ts';
import type { ResponderSettings } from '../../../src/answer/respond.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf } from '../answering.ts';
import { queryPacket } from '../query-packet.ts';
import { PLAIN } from './responder.ts';

const CLIENT_COOKIE = '0011223344556677';
const WITH_COOKIES: ResponderSettings = {
  ...PLAIN,
  cookieSecrets: [Uint8Array.from({ length: 16 }, (_, i) => i)],
};

describe('a flood over many names, none of which is over its limit', () => {
  const NAMES = 400;
  const names = Array.from({ length: NAMES }, (_, i) => `n${i}.example.org`);
  const zone = zoneFile('example.org', names.map((_, i) => `n${i} 60 A 192.0.2.${i % 250}`).join('\n'));
  const flooded = (
    fields: Partial<NonNullable<ResponderSettings['rateLimit']>> = {},
    all: { allPerSecond?: number } = { allPerSecond: 1_000 },
  ) => {
    const limit = { perSecond: 200, ...all, windowSeconds: 15, slip: 2, ipv4Bits: 24, ipv6Bits: 56 };
    const rateLimit = { ...limit, exempt: [], isDryRun: false, memory: rateLimitMemory(1), ...fields };
    return answering(authorityOf([zone]), 1, { ...WITH_COOKIES, rateLimit });
  };
  /** How many of so many questions, over all names in turn, got which answer. */
  const flood = ({ responder }: ReturnType<typeof flooded>, count: number, from?: Partial<Exchange>) => {
    const counts = { whole: 0, truncated: 0, silent: 0 };
    const reply = new Uint8Array(4_096);
    const packets = names.map((name) => queryPacket({ name }));
    for (let i = 0; i < count; i += 1) {
      const octets = responder.respond(packets[i % NAMES]!, reply, Transport.UDP, from);
      if (octets === 0) counts.silent += 1;
      else if ((reply[2]! & 0x02) === 0) counts.whole += 1;
      else {
        counts.truncated += 1;
        expect(octets).toBe(packets[i % NAMES]!.length);
      }
    }
    return counts;
  };

  test('20,000 queries in a second get no more complete answers than the limit on all answers', () => {
    const server = flooded();
    expect(flood(server, 20_000)).toEqual({ whole: 1_000, truncated: 9_500, silent: 9_500 });
    const { counters } = server.responder;
    expect(counters[Counter.LIMITED_ALL + LIMITED_DROPPED]).toBe(9_500);
    expect(counters[Counter.LIMITED_ALL + LIMITED_SLIPPED]).toBe(9_500);
    expect(counters[Counter.LIMITED + LIMITED_DROPPED]).toBe(0);
  });
  test('other prefixes are not limited, but the same prefix is', () => {
    const server = flooded();
    flood(server, 20_000);
    expect(flood(server, 10, { peer: Uint8Array.of(192, 0, 3, 1) }).whole).toBe(10);
    expect(flood(server, 10, { peer: Uint8Array.of(192, 0, 2, 9) }).whole).toBe(0);
  });
  test('without the limit, or in a dry run, all are answered; a dry run counts', () => {
    expect(flood(flooded({}, {}), 20_000).whole).toBe(20_000);
    const dry = flooded({ isDryRun: true });
    expect(flood(dry, 20_000).whole).toBe(20_000);
    expect(dry.responder.counters[Counter.LIMITED_ALL + LIMITED_DRY]).toBe(19_000);
  });
  test('exempt prefixes, valid cookies and TCP are not limited', () => {
    const exempt = [{ octets: Uint8Array.of(192, 0, 2, 0), bits: 24 }];
    expect(flood(flooded({ exempt }), 20_000).whole).toBe(20_000);
    const server = flooded();
    const learnt = server.ask({ name: names[0]!, opts: [{ options: [{ code: 10, data: CLIENT_COOKIE }] }] });
    flood(server, 20_000);
    const known = { opts: [{ options: [{ code: 10, data: learnt.opt!.options[0]!.data }] }] };
    for (const name of names) {
      expect(server.ask({ name, ...known })).toMatchObject({ tc: false, rcode: Rcode.NOERROR });
      expect(server.ask({ name }, Transport.TCP).answer).toHaveLength(1);
    }
  });
  test('errors count as answers', () => {
    const server = flooded({ allPerSecond: 10, slip: 0 });
    const reply = new Uint8Array(4_096);
    const kinds = [
      { name: 'example.com' },
      { name: 'no.example.org' },
      { name: 'n1.example.org', flags: 0x7800 },
    ];
    const answers = Array.from({ length: 30 }, (_, i) =>
      server.responder.respond(queryPacket(kinds[i % 3]!), reply),
    );
    expect(answers.filter((octets) => octets > 0)).toHaveLength(10);
  });
  test('a flood of one name takes only its share: other names are still answered', () => {
    const server = flooded();
    for (let i = 0; i < 20_000; i += 1) server.send(queryPacket({ name: names[0]! }));
    expect(flood(server, 700).whole).toBe(698);
  });
});
