/**
 * Answers queries of each kind and prints, as JSON, how many octets the heap was asked for meanwhile. Run by allocation.test.ts
 * in a process of its own.
 */
import { newCounters } from '../../../src/answer/counters.ts';
import { newExchange, Transport } from '../../../src/answer/exchange.ts';
import { BUCKET_ACCOUNTS, rateLimitMemory } from '../../../src/answer/rate-limit.ts';
import type { ResponderSettings } from '../../../src/answer/respond.ts';
import { createWarmer } from '../../../src/answer/warm.ts';
import { Class } from '../../../src/dns/type.ts';
import { createUnwrapper, newMisproxiedNote } from '../../../src/serve/udp/proxied.ts';
import { IPV4, proxyHeader, tlv } from '../../serve/listen/proxy-header.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, asking, authorityOf } from '../answering.ts';
import { queryPacket } from '../query-packet.ts';
import { PLAIN, type TestResponder } from '../respond/responder.ts';
import { createAllocationMeter } from './allocation-meter.ts';

const QUERIES = 200_000;
const ROUNDS = 4;

const members = (weights: readonly number[]) =>
  weights.map((weight, i) => ({ address: `192.0.2.${i + 1}`, weight }));
const { responder, reader } = answering(
  authorityOf(
    [
      zoneFile(
        'example.org',
        `@       60 NS    ns.example.org
         ns      60 A     192.0.2.53
         *.wild  60 A     192.0.2.1
         alias   60 CNAME alias2.example.org
         alias2  60 CNAME web.pools.example.org
         loop    60 CNAME loop2.example.org
         loop2   60 CNAME loop.example.org
         many    60 CNAME many.pools.example.org
         mail    60 MX    1 ns.example.org
         mail    60 MX    2 web.pools.example.org
         mail    60 MX    3 pick.pools.example.org
         _s._tcp 60 SRV   1 1 1 many.pools.example.org
         svc     60 HTTPS 0 svc2.example.org
         svc2    60 HTTPS 1 .
         svc2    60 A     192.0.2.54
         hinted  60 HTTPS 1 web.pools.example.org mandatory=ipv4hint,ipv6hint ipv4hint=auto ipv6hint=auto
         d       60 DNAME example.org
         cut     60 NS    ns.cut.example.org
         ns.cut  60 A     192.0.2.2`,
        { pools: 'pools' },
      ),
    ],
    new Map([
      ['web', members([100, 100, 100, 100])],
      ['pick', members([1, 2, 3])],
      ['large', members(Array.from({ length: 90 }, () => 100))],
      ['many', members(Array.from({ length: 250 }, () => 100))],
      ['empty', []],
    ]),
  ),
  // Large, so that the random numbers are not small ones.
  0x7fff_ffff,
);

const opts = [{ flags: 0x8000, options: [{ code: 10, data: '0011223344556677' }] }];
const kinds: Record<string, Uint8Array> = {
  rotate: queryPacket({ name: 'web.pools.example.org' }),
  edns: queryPacket({ name: 'web.pools.example.org', opts }),
  pick: queryPacket({ name: 'pick.pools.example.org', opts }),
  truncated: queryPacket({ name: 'large.pools.example.org', opts }),
  nodata: queryPacket({ name: 'empty.pools.example.org', opts }),
  nxdomain: queryPacket({ name: 'no.example.org', opts }),
  wildcard: queryPacket({ name: 'a.b.wild.example.org', opts }),
  alias: queryPacket({ name: 'alias.example.org', opts }),
  loop: queryPacket({ name: 'loop.example.org', opts }),
  referral: queryPacket({ name: 'a.cut.example.org', opts }),
  mx: queryPacket({ name: 'mail.example.org', type: 'MX', opts }),
  srv: queryPacket({ name: '_s._tcp.example.org', type: 'SRV', opts }),
  ns: queryPacket({ name: 'example.org', type: 'NS', opts }),
  https: queryPacket({ name: 'svc.example.org', type: 'HTTPS', opts }),
  hinted: queryPacket({ name: 'hinted.example.org', type: 'HTTPS', opts }),
  dname: queryPacket({ name: 'web.pools.d.example.org', opts }),
  'dname, twice': queryPacket({ name: 'a.d.d.example.org', opts }),
  any: queryPacket({ name: 'example.org', type: 'ANY', opts }),
  refused: queryPacket({ name: 'example.com', opts }),
  formerr: queryPacket({ name: 'example.org', questions: 2 }),
  notimp: queryPacket({ name: 'example.org', flags: 0x7800 }),
  silent: queryPacket({ name: 'example.org', flags: 0x8000 }),
};

/** What asks for everything that a responder can be set up to do, and the transport it asks by. */
const client = { code: 10, data: '0011223344556677' };
const [nsid, subnet, keepalive, padding] = [
  { code: 3, data: '' },
  { code: 8, data: '00011800c00002' },
  { code: 11, data: '' },
  { code: 12, data: '00'.repeat(16) },
];
const full: ResponderSettings = {
  ...PLAIN,
  identity: Buffer.from('ns1'),
  version: Buffer.from('1.0'),
  cookieSecrets: [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)],
  rateLimit: {
    ...{
      perSecond: 5,
      allPerSecond: 20,
      windowSeconds: 15,
      slip: 2,
      ipv4Bits: 24,
      ipv6Bits: 56,
      isDryRun: false,
    },
    exempt: [{ octets: Uint8Array.of(127, 0, 0, 0), bits: 8 }],
    memory: rateLimitMemory(1, BUCKET_ACCOUNTS, BUCKET_ACCOUNTS),
  },
};
const everything = asking(reader, 0x7fff_ffff, full);
const learnt = everything.ask({ name: 'example.org', opts: [{ options: [client] }] }).opt!.options[0]!;
const web = (...options: { code: number; data: string }[]) =>
  queryPacket({ name: 'web.pools.example.org', opts: [{ flags: 0x8000, options }] });
const fullKinds: Record<string, readonly [Uint8Array, number]> = {
  'full: valid cookie': [web(nsid, subnet, learnt, keepalive, padding), Transport.UDP],
  'full: limited': [web(nsid, subnet, client), Transport.UDP],
  'full: limited, no EDNS': [queryPacket({ name: 'no.example.org' }), Transport.UDP],
  'full: TCP': [web(nsid, subnet, learnt, keepalive, padding), Transport.TCP],
  'full: TCP, large': [queryPacket({ name: 'large.pools.example.org', opts }), Transport.TCP],
  'full: TCP, window behind an alias': [queryPacket({ name: 'many.example.org', opts }), Transport.TCP],
  'full: TLS, padded': [web(nsid, subnet, learnt, keepalive, padding), Transport.DOT],
  'full: CHAOS': [queryPacket({ name: 'version.bind', type: 'TXT', class: Class.CH, opts }), Transport.TCP],
  'full: not ours': [
    queryPacket({ name: 'example.com', opts: [{ options: [nsid, learnt] }] }),
    Transport.UDP,
  ],
};

/** A query behind a PROXY protocol header, which a thread takes off first. */
const proxied = Buffer.concat([proxyHeader({ family: 0x12, body: [...IPV4, ...tlv(0xe0, 9)] }), kinds.edns!]);
const misproxied = Buffer.concat([Buffer.from('PROXY '), kinds.edns!]);
const unwrapper = createUnwrapper(
  [{ octets: Uint8Array.of(192, 0, 2, 1), bits: 32 }],
  newCounters(),
  newMisproxiedNote(),
);
const exchange = newExchange(Transport.UDP);
const proxy = Uint8Array.of(192, 0, 2, 1);
/** What answers what a proxy sends. */
const behindProxy: TestResponder = {
  ...everything.responder,
  respond(packet, into) {
    exchange.reply = into;
    exchange.query = packet;
    exchange.queryAt = 0;
    exchange.queryOctets = packet.length;
    exchange.peer = proxy;
    exchange.peerAt = 0;
    exchange.peerOctets = 4;
    return unwrapper.unwrap(exchange)
      ? everything.responder.respond(packet, into, Transport.UDP, exchange)
      : 0;
  },
};

const warmer = createWarmer(reader, 1);
const reply = new Uint8Array(65_535);
const kept: unknown[] = [undefined];

function ask(
  { respond }: TestResponder,
  [packet, transport]: readonly [Uint8Array, number],
  queries: number,
  keeps: boolean,
): void {
  for (let i = 0; i < queries; i += 1) {
    warmer.note(packet, 0, packet.length);
    warmer.warm();
    respond(packet, reply, transport);
    if (keeps) kept[0] = { i };
  }
}
const meter = createAllocationMeter(QUERIES);
function measure(kind: string, by: TestResponder, query: readonly [Uint8Array, number], keeps = false): void {
  meter.measure(kind, (queries) => ask(by, query, queries, keeps));
}

for (let round = 0; round < ROUNDS; round += 1) {
  for (const [kind, packet] of Object.entries(kinds)) measure(kind, responder, [packet, Transport.UDP]);
  for (const [kind, query] of Object.entries(fullKinds)) measure(kind, everything.responder, query);
  measure('proxied', behindProxy, [proxied, Transport.UDP]);
  measure('proxied: dropped', behindProxy, [misproxied, Transport.UDP]);
  measure('control', responder, [kinds.rotate!, Transport.UDP], true);
}
meter.print();
