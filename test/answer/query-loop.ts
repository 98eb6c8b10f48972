/**
 * Answers queries of each kind and prints, as JSON, how many octets the heap was asked for meanwhile: V8's count of
 * all it ever allocated, which no collection lowers. Run by allocation.test.ts in a process of its own. Of several
 * rounds the least counts, since compiling a function allocates too, and does so when it is done.
 */
import { getHeapStatistics } from 'node:v8';
import { Transport } from '../../src/answer/exchange.ts';
import { createWarmer } from '../../src/answer/warm.ts';
import { zoneFile } from '../zone/zone-file.ts';
import { answering, authorityOf } from './answering.ts';
import { queryPacket } from './query-packet.ts';

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
         cut     60 NS    ns.cut.example.org
         ns.cut  60 A     192.0.2.2`,
        { pools: 'pools' },
      ),
    ],
    new Map([
      ['web', members([100, 100, 100, 100])],
      ['pick', members([1, 2, 3])],
      ['large', members(Array.from({ length: 90 }, () => 100))],
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
  referral: queryPacket({ name: 'a.cut.example.org', opts }),
  any: queryPacket({ name: 'example.org', type: 'ANY', opts }),
  refused: queryPacket({ name: 'example.com', opts }),
  formerr: queryPacket({ name: 'example.org', questions: 2 }),
  notimp: queryPacket({ name: 'example.org', flags: 0x7800 }),
  silent: queryPacket({ name: 'example.org', flags: 0x8000 }),
};

const warmer = createWarmer(reader, 1);
const reply = new Uint8Array(65_535);
const kept: unknown[] = [undefined];

function ask(packet: Uint8Array, queries: number, keeps: boolean): void {
  for (let i = 0; i < queries; i += 1) {
    warmer.note(packet, 0, packet.length);
    warmer.warm();
    responder.respond(packet, reply, Transport.UDP);
    if (keeps) kept[0] = { i };
  }
}
const least = new Map<string, number>();
function measure(kind: string, packet: Uint8Array, keeps: boolean): void {
  const before = getHeapStatistics().total_allocated_bytes;
  ask(packet, QUERIES, keeps);
  const octets = getHeapStatistics().total_allocated_bytes - before;
  least.set(kind, Math.min(octets, least.get(kind) ?? Number.POSITIVE_INFINITY));
}

for (let round = 0; round < ROUNDS; round += 1) {
  for (const [kind, packet] of Object.entries(kinds)) measure(kind, packet, false);
  measure('control', kinds.rotate!, true);
}
process.stdout.write(JSON.stringify({ queries: QUERIES, ...Object.fromEntries(least) }));
