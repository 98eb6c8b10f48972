/**
 * What the responder costs by itself, in process and without a socket: `npm run bench:respond`. README.md tells what
 * is measured and how to read it.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { newCounters } from '../src/answer/counters.ts';
import { newExchange, Transport } from '../src/answer/exchange.ts';
import { openTable } from '../src/answer/reader.ts';
import { createResponder, type Responder } from '../src/answer/respond.ts';
import { createTable } from '../src/answer/table.ts';
import { loadConfig } from '../src/config/source/load.ts';
import { UDP_OCTETS_MAX } from '../src/dns/edns.ts';
import { createPublisher } from '../src/serve/publish/publisher.ts';
import { responderSettings } from '../src/serve/settings.ts';
import { queryPacket } from '../test/answer/query-packet.ts';
import { addressesOf, nameOf, shuffled } from './dns/names.ts';
import { lifeguardPool } from './dns/peers/lifeguard-pool.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { median } from './quantile.ts';
import { writeSection } from './results.ts';

const POOLS = 100_000;
const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
/** Calls in a round. */
const calls = options.quick ? 200_000 : 1_000_000;
const ROUNDS = 7;
/** Any but 0: where the sequence that rotates records starts. */
const SEED = 1;

/** Clients: one that is never limited, and one that would be. */
const EXEMPT = [127, 0, 0, 1] as const;
const COUNTED = [192, 0, 2, 1] as const;

interface Question {
  readonly title: string;
  readonly packets: readonly Uint8Array[];
  readonly client?: readonly number[];
}

const machine = describeMachine();
const exchange = newExchange(Transport.UDP);
exchange.reply = new Uint8Array(UDP_OCTETS_MAX);
/** What is copied for comparison lies in shared memory, as answers do. */
const source = new Uint8Array(new SharedArrayBuffer(UDP_OCTETS_MAX));
const responder = openResponder();
const order = shuffled(POOLS);
const middle = nameOf(POOLS / 2);
const questions: readonly Question[] = [
  { title: 'pool, 1 name', packets: [queryPacket({ name: middle })] },
  { title: 'pool, 1 name, EDNS', packets: [queryPacket({ name: middle, opts: [{}] })] },
  {
    title: 'pool, 100,000 names in random order',
    packets: order.map((i) => queryPacket({ name: nameOf(i) })),
  },
  {
    title: 'pool, 100,000 names in random order, EDNS',
    packets: order.map((i) => queryPacket({ name: nameOf(i), opts: [{}] })),
  },
  {
    title: 'pool, 1 name, EDNS, client counted by the rate limit',
    packets: [queryPacket({ name: middle, opts: [{}] })],
    client: COUNTED,
  },
  { title: 'NODATA', packets: [queryPacket({ name: middle, type: 'AAAA' })] },
  { title: 'NXDOMAIN', packets: [queryPacket({ name: 'none.pools.example.com' })] },
  { title: 'NXDOMAIN, EDNS', packets: [queryPacket({ name: 'none.pools.example.com', opts: [{}] })] },
  { title: 'refused', packets: [queryPacket({ name: 'www.example.net' })] },
];
report(measure());

/** A table with all pools and what answers from it, made as a node makes them, by the configuration in config/. */
function openResponder(): Responder {
  const loaded = loadConfig({ env: {} });
  if (!loaded.ok) throw new Error('the configuration in config/ is not valid');
  const { zones, dns } = loaded.config;
  const table = createTable();
  const states = Array.from({ length: POOLS }, (_, i) => {
    const pool = lifeguardPool(i);
    return { id: pool.id, pool, members: addressesOf(i).map((address) => ({ address, weight: 1 })) };
  });
  createPublisher(zones, table, (_, error) => {
    throw error;
  }).publish(states, 1);
  const settings = responderSettings(dns, new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { rateLimit } = settings;
  // Who is over the limit is counted as such, and answered.
  const lenient =
    rateLimit === undefined ? settings : { ...settings, rateLimit: { ...rateLimit, isDryRun: true } };
  return createResponder({
    table: openTable(table.buffers),
    settings: lenient,
    seed: SEED,
    counters: newCounters(),
  });
}

/** Nanoseconds of processor time a call, one number a round. */
interface Times {
  readonly respond: number[];
  /** Copying as many octets as the reply has, one by one as the responder does, and nothing else. */
  readonly copy: number[];
}

/** All rounds, the questions in turn; the first round warms up and does not count. */
function measure(): Map<Question, Times> {
  const times = new Map(questions.map((question) => [question, { respond: [], copy: [] } as Times]));
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const [{ packets, client = EXEMPT }, { respond, copy }] of times) {
      exchange.peer.set(client);
      const octets = respondTo(packets[0]!);
      if (octets === 0) throw new Error('silence');
      const responded = nsOf(packets, respondTo);
      const copied = nsOf(packets, () => copyReply(octets));
      if (round === 0) continue;
      respond.push(responded);
      copy.push(copied);
    }
  return times;
}

function respondTo(packet: Uint8Array): number {
  exchange.query = packet;
  exchange.queryOctets = packet.length;
  return responder.respond(exchange);
}

function copyReply(octets: number): number {
  const { reply } = exchange;
  for (let i = 0; i < octets; i += 1) reply[i] = source[i]!;
  return octets;
}

function nsOf(packets: readonly Uint8Array[], call: (packet: Uint8Array) => number): number {
  let octets = 0;
  let next = 0;
  const before = process.threadCpuUsage();
  for (let i = 0; i < calls; i += 1) {
    octets += call(packets[next]!);
    next = next + 1 === packets.length ? 0 : next + 1;
  }
  const { user, system } = process.threadCpuUsage(before);
  // What is looked at cannot be optimised away.
  if (octets === 0) throw new Error('silence');
  return ((user + system) * 1_000) / calls;
}

function report(times: ReadonlyMap<Question, Times>): void {
  const head = ['question', 'reply octets', 'ns/respond', 'spread', 'ns/copy', '× copy'];
  const rows = [...times].map(([{ title, packets }, { respond, copy }]) => [
    title,
    String(respondTo(packets[0]!)),
    median(respond).toFixed(0),
    `${Math.min(...respond).toFixed(0)}–${Math.max(...respond).toFixed(0)}`,
    median(copy).toFixed(0),
    median(respond.map((ns, round) => ns / copy[round]!)).toFixed(1),
  ]);
  const body = [
    `${machine}; ${POOLS.toLocaleString('en')} pools of 3, median of ${ROUNDS} rounds of ${calls.toLocaleString('en')} calls.`,
    markdownTable(head, rows),
  ].join('\n\n');
  process.stdout.write(`${body}\n`);
  if (!options.quick) writeSection('The responder alone', body);
}
