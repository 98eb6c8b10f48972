/**
 * Asks load balancers of each kind and prints, as JSON, how many octets the heap was asked for meanwhile. Run by allocation.test.ts
 * in a process of its own.
 */
import { Transport } from '../../../src/answer/exchange.ts';
import { Type } from '../../../src/dns/type.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf } from '../answering.ts';
import { PLAIN } from '../respond/responder.ts';
import { createAllocationMeter } from '../table/allocation-meter.ts';
import { octets } from './arbitrary-load-balancer.ts';
import { EVERY_KIND, NAME_OF_KIND, STEERED_BY } from './every-kind.ts';
import { questionPacket, steeredZone } from './steering-table.ts';

/** V8 counts an allocation by the page of 256 KiB that it begins: of fewer queries one page would be too much for each. */
const QUERIES = 250_000;
const ROUNDS = 3;

const { responder } = answering(
  authorityOf([
    steeredZone(
      EVERY_KIND,
      zoneFile(
        'example.org',
        `x.w     60 TXT   a
         beside  60 SRV   1 1 443 hash.example.org
         beside  60 SRV   1 1 443 proximity.example.org
         hinted  60 HTTPS 1 random.example.org ipv4hint=auto ipv6hint=auto`,
      ),
    ),
  ]),
  // Large, so that the random numbers are not small ones.
  0x7fff_ffff,
  PLAIN,
  { steeredBy: STEERED_BY },
);

const SUBNETS = {
  'no subnet': undefined,
  'a subnet': { octets: octets('10.1.2.0'), bits: 24 },
  'a subnet of IPv6': { octets: octets('2001:db8:1::'), bits: 56 },
} as const;
const PEERS = [octets('192.168.1.1'), octets('2001:db8::1')];
const questions = [...NAME_OF_KIND].flatMap(([kind, name]) =>
  Object.entries(SUBNETS).map(([what, subnet], i) => {
    const type = i < 2 ? Type.A : Type.AAAA;
    return { kind: `${kind}: ${what}`, packet: questionPacket({ name, type, subnet }) };
  }),
);
const { 'a subnet': subnet } = SUBNETS;
questions.push(
  { kind: 'beside SRV', packet: questionPacket({ name: 'beside.example.org', type: Type.SRV, subnet }) },
  { kind: 'hints', packet: questionPacket({ name: 'hinted.example.org', type: Type.HTTPS, subnet }) },
);

const reply = new Uint8Array(4_096);
const peers = PEERS.map((peer) => ({ peer, peerAt: 0, peerOctets: peer.length }));
const kept: unknown[] = [undefined];
function ask(packet: Uint8Array, queries: number, keeps = false): void {
  for (let i = 0; i < queries; i += 1) {
    responder.respond(packet, reply, Transport.UDP, peers[i & 1]);
    if (keeps) kept[0] = { i };
  }
}

const meter = createAllocationMeter(QUERIES);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { kind, packet } of questions) meter.measure(kind, (queries) => ask(packet, queries));
  meter.measure('control', (queries) => ask(questions[0]!.packet, queries, true));
}
meter.print();
