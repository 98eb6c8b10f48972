/**
 * What the responder costs by itself, in process and without a socket: `npm run bench:respond`. With `--against <folder>`
 * that of another tree is measured too, in turn with this one; with `--sample 0.01` the query log of this one copies that share; `--only <text>`: the questions with this in their titles, nothing written. (Two responders of one tree would share their machine code, and be slower.) README.md tells what is measured and how to read it.
 */
import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Option, UDP_OCTETS_MAX } from '../src/dns/edns.ts';
import { type QuerySpec, queryPacket } from '../test/answer/query-packet.ts';
import { nameOf, shuffled, ZONE } from './dns/names.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { quantile } from './quantile.ts';
import { subnetData } from './respond/load-balancers.ts';
import { commitOf, nsOf, openResponder, type Packet } from './respond/measured.ts';
import { writeSection } from './results.ts';

const POOLS = 100_000;
/** Client subnets of a question that has them, and questions that do. */
const SUBNETS = 1_000;
const SUBNET_QUESTIONS = 3;
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    against: { type: 'string' },
    sample: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
  },
});
/** Calls of a round: about a millisecond, so that many rounds pass between two moments at which others get the processor. */
const CALLS = 2_500;
const rounds = options.quick ? 120 : 1_200;
const WARM_ROUNDS = 80;
/** Of the rounds, those below this share are taken to be undisturbed. */
const UNDISTURBED = 0.05;

/** Clients: one that is never limited, and one that would be. */
const EXEMPT = [127, 0, 0, 1] as const;
const COUNTED = [192, 0, 2, 1] as const;

interface Question {
  readonly title: string;
  readonly packets: readonly Packet[];
  readonly client: readonly number[];
}

const machine = describeMachine();
/** All queries lie behind each other, each from a multiple of this on. */
const PACKET_OCTETS = 64;
const queries = new Uint8Array(PACKET_OCTETS * (2 * POOLS + 2 * SUBNET_QUESTIONS * SUBNETS + 20));
let queriesEnd = 0;
const order = shuffled(POOLS);
const middle = nameOf(POOLS / 2);
const absent = `none.pools.${ZONE}`;
const opts = [{}];
const everyQuestion: readonly Question[] = [
  ask('pool, 1 name', { name: middle }),
  ask('pool, 1 name, EDNS', { name: middle, opts }),
  askAll('pool, 100,000 names in random order', {}),
  askAll('pool, 100,000 names in random order, EDNS', { opts }),
  ask('pool, 1 name, EDNS, client counted by the rate limit', { name: middle, opts }, COUNTED),
  askSubnets('pool, 1 name, 1,000 client subnets', middle),
  ask('load balancer, off, EDNS', { name: `off.${ZONE}`, opts }),
  ask('load balancer, random, EDNS', { name: `random.${ZONE}`, opts }),
  askSubnets('load balancer, geo, 1,000 client subnets', `geo.${ZONE}`),
  askSubnets('load balancer, proximity, 1,000 client subnets', `near.${ZONE}`),
  ask('NODATA (a pool, AAAA)', { name: middle, type: 'AAAA' }),
  ask('NODATA (a pool, AAAA), EDNS', { name: middle, type: 'AAAA', opts }),
  ask('NXDOMAIN', { name: absent }),
  ask('NXDOMAIN, EDNS', { name: absent, opts }),
  ask('static record', { name: `ns1.${ZONE}` }),
  ask('refused', { name: 'www.example.net' }),
];
const questions = everyQuestion.filter(({ title }) => title.includes(options.only));
const own = resolve(import.meta.dirname, '..');
const trees = [{ name: 'this', path: own, share: Number(options.sample) }];
if (options.against !== undefined)
  trees.push({ name: commitOf(options.against), path: resolve(options.against), share: 0 });
const responders = await Promise.all(
  trees.map(({ name, path, share }) => openResponder(name, path, POOLS, queries, share)),
);
/** What is copied for comparison lies in shared memory, as answers do. */
const source = new Uint8Array(new SharedArrayBuffer(UDP_OCTETS_MAX));
const copied = new Uint8Array(UDP_OCTETS_MAX);
let copiedOctets = 0;
report(measure());

function ask(title: string, spec: QuerySpec, client: readonly number[] = EXEMPT): Question {
  return { title, packets: [place(spec)], client };
}

function askAll(title: string, spec: Omit<QuerySpec, 'name'>): Question {
  return { title, packets: order.map((i) => place({ ...spec, name: nameOf(i) })), client: EXEMPT };
}

function askSubnets(title: string, name: string): Question {
  const packets = Array.from({ length: SUBNETS }, (_, i) =>
    place({ name, opts: [{ options: [{ code: Option.CLIENT_SUBNET, data: subnetData(i) }] }] }),
  );
  return { title, packets, client: EXEMPT };
}

function place(spec: QuerySpec): Packet {
  const packet = queryPacket(spec);
  const at = queriesEnd;
  queries.set(packet, at);
  queriesEnd += PACKET_OCTETS * Math.ceil(packet.length / PACKET_OCTETS);
  return { at, octets: packet.length };
}

/** Nanoseconds of a call, one number a round. */
interface Times {
  /** Of each responder. */
  readonly respond: readonly number[][];
  /** Copying as many octets as the reply has, one by one, and nothing else. */
  readonly copy: number[];
}

/** All rounds, in each the questions in turn, and of each question the responders in turn. */
function measure(): Map<Question, Times> {
  const times = new Map(
    questions.map((question) => [question, { respond: responders.map(() => []), copy: [] } as Times]),
  );
  for (let round = -WARM_ROUNDS; round < rounds; round += 1)
    for (const [{ packets, client }, { respond, copy }] of times) {
      const first = ((round + WARM_ROUNDS) * CALLS) % packets.length;
      for (const i of round % 2 === 0 ? responders.keys() : [...responders.keys()].toReversed()) {
        responders[i]!.setClient(client);
        const ns = nsOf(packets, first, CALLS, responders[i]!.respond);
        if (round >= 0) respond[i]!.push(ns);
      }
      copiedOctets = responders[0]!.respond(packets[0]!);
      const ns = nsOf(packets, first, CALLS, copyReply);
      if (round >= 0) copy.push(ns);
    }
  return times;
}

function copyReply(): number {
  for (let i = 0; i < copiedOctets; i += 1) copied[i] = source[i]!;
  return copiedOctets;
}

function report(times: ReadonlyMap<Question, Times>): void {
  const head = ['question', 'reply octets', ...responders.map(({ name }) => `ns/respond: ${name}`)];
  const rows = [...times].map(([{ title, packets }, { respond, copy }]) => {
    const undisturbed = respond.map((each) => quantile(each, UNDISTURBED));
    const [own, other] = undisturbed;
    return [
      title,
      String(responders[0]!.respond(packets[0]!)),
      ...undisturbed.map((ns) => ns.toFixed(0)),
      ...(other === undefined ? [] : [(own! / other).toFixed(2)]),
      quantile(respond[0]!, 0.5).toFixed(0),
      quantile(copy, UNDISTURBED).toFixed(0),
    ];
  });
  const columns = [...head, ...(responders.length > 1 ? ['×'] : []), 'median', 'ns/copy'];
  const body = [
    `${machine}; ${POOLS.toLocaleString('en')} pools of 3, 5th percentile of ${rounds} rounds of ${CALLS.toLocaleString('en')} calls.`,
    markdownTable(columns, rows),
  ].join('\n\n');
  process.stdout.write(`${body}\n`);
  if (!options.quick && options.only === '') writeSection('The responder alone', body);
}
