import { Counter, LIMITED_DROPPED } from '../../src/answer/counters.ts';
import { Transport } from '../../src/answer/exchange.ts';
import type { ResponderSettings } from '../../src/answer/respond.ts';
import { UDP_OCTETS_MAX } from '../../src/dns/edns.ts';
import { MESSAGE_OCTETS_MAX } from '../../src/dns/header.ts';
import { type Answering, answering } from '../answer/answering.ts';
import { decode } from '../answer/decode.ts';
import { queryPacket } from '../answer/query-packet.ts';
import { clockAt, NOW_SECONDS } from '../answer/respond/responder.ts';
import { STEERED_BY } from '../answer/steering/every-kind.ts';
import { count, type Figures, FuzzFailure, newFigures } from './figures.ts';
import { judge } from './judge.ts';
import { mutated } from './mutate.ts';
import { anyQuery, type Learnt } from './queries.ts';
import { numbersOfCase, oneOf, type Random } from './random.ts';
import { AUTHORITY, KNOWN, knownPacket } from './zones.ts';

/** Which cases of a part are run. */
export interface Cases {
  readonly seed: number;
  readonly from: number;
  readonly count: number;
}

/** Octets around a reply that must stay as they are. */
const MARGIN = 64;
const CANARY = 0xa5;
/** Queries in one second of the clock that responders see. */
const QUERIES_PER_SECOND = 500;
/** One in so many comes by TCP, whose replies are large. */
const TCP_EVERY = 20;

/** Clients: two of one prefix, one of another, one that is never limited, one of each prefix of IPv6. */
const PEERS = [
  [192, 0, 2, 1],
  [192, 0, 2, 2],
  [203, 0, 113, 1],
  [198, 51, 100, 7],
  [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(12).fill(1)],
  [0x20, 0x01, 0x0d, 0xb8, 0xff, ...Array<number>(11).fill(2)],
].map((octets) => Uint8Array.from(octets));

/**
 * Mutated queries over `respond`, without a socket. Throws FuzzFailure when one is answered as it must not be, when
 * octets outside of the reply are written, or when it throws; throws Error when afterwards known answers are not right.
 */
export function fuzzRespond(part: string, settings: ResponderSettings, cases: Cases): Figures {
  const clock = clockAt(NOW_SECONDS);
  const server = answering(AUTHORITY, cases.seed, { ...settings, clock }, { steeredBy: STEERED_BY });
  const learnt = settings.cookieSecrets.length > 0 ? PEERS.map((peer) => learn(server, peer)) : [];
  const isLimited = settings.rateLimit !== undefined && !settings.rateLimit.isDryRun;
  const figures = newFigures();
  const room = {
    [Transport.UDP]: Buffer.alloc(MARGIN + UDP_OCTETS_MAX + MARGIN, CANARY),
    [Transport.TCP]: Buffer.alloc(MARGIN + MESSAGE_OCTETS_MAX + MARGIN, CANARY),
  };
  const { counters } = server.responder;
  for (let i = cases.from; i < cases.from + cases.count; i += 1) {
    new Int32Array(clock)[0] = NOW_SECONDS + Math.floor(i / QUERIES_PER_SECOND);
    const random = numbersOfCase(cases.seed, part, i);
    const packet = anyPacket(random, learnt);
    const transport = i % TCP_EVERY === 0 ? Transport.TCP : Transport.UDP;
    const reply = room[transport];
    try {
      const withheld = dropped(counters);
      const octets = respondTo(server, packet, random, transport, reply);
      if ((reply[MARGIN - 1]! | reply[reply.length - MARGIN]!) !== CANARY) throw new Error('wrote outside');
      const answer = octets === 0 ? undefined : reply.subarray(MARGIN, MARGIN + octets);
      const judged = judge(packet, answer, { transport, isLimited });
      const isCounted = dropped(counters) === withheld + 1;
      if ((judged.kind === 'limited') !== isCounted) throw new Error('a silence that is not counted');
      count(figures, judged);
    } catch (error) {
      // What a rate limit does depends on what came before.
      throw new FuzzFailure(packet, isLimited ? { from: 0, cases: i + 1 } : { from: i, cases: 1 }, error);
    }
  }
  for (const buffer of Object.values(room))
    for (const edge of [buffer.subarray(0, MARGIN), buffer.subarray(-MARGIN)])
      if (edge.some((octet) => octet !== CANARY)) throw new Error('wrote outside of a reply');
  expectKnown(server);
  return figures;
}

/** Answers that were not sent, by either limit. */
function dropped(counters: Float64Array): number {
  return counters[Counter.LIMITED + LIMITED_DROPPED]! + counters[Counter.LIMITED_ALL + LIMITED_DROPPED]!;
}

/** A packet of any kind. */
export function anyPacket(random: Random, learnt: Learnt): Uint8Array {
  return mutated(random, anyQuery(random, learnt), anyQuery(random, learnt));
}

/** The packet lies among others' octets, as in a receive buffer, and so does the client's address. */
function respondTo(
  { responder }: Answering,
  packet: Uint8Array,
  random: Random,
  transport: number,
  reply: Uint8Array,
): number {
  const at = random(20);
  const received = Buffer.alloc(at + packet.length + 20, random(256));
  received.set(packet, at);
  const before = Buffer.from(received);
  const address = oneOf(random, PEERS);
  const octets = responder.respond(received, reply, transport, {
    queryAt: at,
    queryOctets: packet.length,
    replyAt: MARGIN,
    peer: Buffer.concat([Buffer.alloc(3), address]),
    peerAt: 3,
    peerOctets: address.length,
  });
  if (!received.equals(before)) throw new Error('wrote to the query');
  return octets;
}

/** Asks for a server cookie as a client does; client and server cookie, hexadecimal. */
function learn({ responder }: Answering, peer: Uint8Array): string {
  const reply = new Uint8Array(UDP_OCTETS_MAX);
  const client = Buffer.from(peer.subarray(-4)).toString('hex').repeat(2);
  const packet = queryPacket({ name: 'www.example.org', opts: [{ options: [{ code: 10, data: client }] }] });
  const octets = responder.respond(packet, reply, Transport.UDP, {
    peer,
    peerAt: 0,
    peerOctets: peer.length,
  });
  return decode(reply.subarray(0, octets)).opt!.options[0]!.data;
}

function expectKnown({ responder }: Answering): void {
  const reply = new Uint8Array(UDP_OCTETS_MAX);
  for (const known of KNOWN) {
    const octets = responder.respond(knownPacket(known), reply, Transport.UDP, {
      peer: PEERS[3]!,
      peerAt: 0,
      peerOctets: 4,
    });
    checkKnown(known, reply.subarray(0, octets));
  }
}

/** Throws unless this is the answer to a KNOWN question. */
export function checkKnown({ name, rcode, lines }: (typeof KNOWN)[number], reply: Uint8Array): void {
  const message = decode(reply);
  const found = message.answer.map(({ line }) => line).sort();
  if (message.rcode !== rcode || found.join() !== lines.toSorted().join())
    throw new Error(`${name} was answered rcode ${message.rcode}, ${found.join(', ')}`);
}
