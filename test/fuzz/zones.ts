import { rateLimitMemory } from '../../src/answer/rate-limit.ts';
import type { ResponderSettings } from '../../src/answer/respond.ts';
import type { Authority } from '../../src/zone/authority.ts';
import { authorityOf } from '../answer/answering.ts';
import { queryPacket } from '../answer/query-packet.ts';
import { PLAIN } from '../answer/respond/responder.ts';
import { EVERY_KIND } from '../answer/steering/every-kind.ts';
import { steeredZone } from '../answer/steering/steering-table.ts';
import { zoneFile } from '../zone/zone-file.ts';

const equal = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, i) => ({ address: `${prefix}${i + 1}`, weight: 100 }));

const large = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i + 1)).join('\n');

/** Zones, load balancers and pools with every kind of answer: sets that rotate, are picked from, do not fit and are larger than an answer, aliases, loops of them, DNAMEs, targets with addresses, hints, wildcards, a cut. */
export const AUTHORITY: Authority = authorityOf(
  [
    steeredZone(
      EVERY_KIND,
      zoneFile(
        'example.org',
        `@         3600 NS    ns.example.org
       ns        3600 A     192.0.2.53
       www         60 A     192.0.2.1
       *.wild      60 A     192.0.2.2
       alias       60 CNAME alias2.example.org
       alias2      60 CNAME big.pools.example.org
       loop        60 CNAME loop.example.org
       *.star      60 CNAME *.star.example.org
       windowed    60 CNAME many.pools.example.org
${large(130, (i) => `texts  60 TXT   ${'x'.repeat(i)}`)}
       mail        60 MX    10 big.pools.example.org
       mail        60 MX    20 hash.example.org
       mail        60 MX    30 a.d.example.org
       _s._tcp     60 SRV   1 1 443 geo.example.org
       svc         60 HTTPS 1 hash.example.org mandatory=ipv4hint,ipv6hint ipv4hint=auto ipv6hint=auto
       svc         60 HTTPS 2 many.pools.example.org ipv4hint=auto key7000=x
       svc         60 HTTPS 3 none.pools.example.org mandatory=ipv6hint ipv4hint=auto ipv6hint=auto
       ali         60 HTTPS 0 svc.example.org
       d           60 DNAME example.org
       ring        60 DNAME ring.ring.example.org
       far         60 DNAME ${`${'x'.repeat(63)}.`.repeat(3)}example.org
       cut       3600 NS    ns.cut.example.org
       ns.cut    3600 A     192.0.2.4
       text        60 TXT   ${'x'.repeat(700)}`,
        { pools: 'pools' },
      ),
    ),
    zoneFile('.', '@ 60 NS ns.example.com\n*.b 60 CNAME a.b'),
  ],
  new Map([
    ['web', equal(4, '192.0.2.')],
    ['big', equal(100, '192.0.2.')],
    ['six', equal(60, '2001:db8::')],
    ['pick', [...equal(3, '192.0.2.'), { address: '192.0.2.9', weight: 1 }]],
    ['many', equal(250, '192.0.2.')],
    ['none', []],
  ]),
);

/** Everything a responder can be told, but for the rate limit. */
export const FULL: ResponderSettings = {
  ...PLAIN,
  identity: Buffer.from('i'.repeat(63)),
  version: Buffer.from('v'.repeat(63)),
  cookieSecrets: [1, 2].map((first) => Uint8Array.from({ length: 16 }, (_, i) => first + i)),
};

/** With a rate limit that is soon reached. */
export function limited(isDryRun: boolean): ResponderSettings {
  return {
    ...FULL,
    rateLimit: {
      perSecond: 20,
      allPerSecond: 60,
      windowSeconds: 3,
      slip: 3,
      ipv4Bits: 24,
      ipv6Bits: 56,
      exempt: [{ octets: Uint8Array.of(198, 51, 100, 0), bits: 24 }],
      memory: rateLimitMemory(1),
      isDryRun,
    },
  };
}

/** Questions whose answers are known, for when a run is over: the answer's lines, in any order. */
export const KNOWN = [
  { name: 'WWW.example.org', rcode: 0, lines: ['WWW.example.org. 60 A 192.0.2.1'] },
  {
    name: 'web.pools.example.org',
    rcode: 0,
    lines: equal(4, '192.0.2.').map(({ address }) => `web.pools.example.org. 30 A ${address}`),
  },
  { name: 'a.b.wild.example.org', rcode: 0, lines: ['a.b.wild.example.org. 60 A 192.0.2.2'] },
  { name: 'none.pools.example.org', rcode: 0, lines: [] },
  { name: 'no.example.org', rcode: 3, lines: [] },
] as const;

/** A KNOWN question's packet. */
export function knownPacket({ name }: (typeof KNOWN)[number], id = 1): Uint8Array {
  return queryPacket({ name, id });
}
