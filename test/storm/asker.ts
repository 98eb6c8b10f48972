import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf } from '../../bench/verdict/pools.ts';
import { decode } from '../answer/decode.ts';
import { queryPacket } from '../answer/query-packet.ts';
import { numbersFrom } from '../fuzz/random.ts';
import { addressesIn } from './addresses.ts';
import { placesOf, stepsOf, upAfter, upIn, WATCHED } from './flips/flip-plan.ts';
import { type Flips, nowMs } from './flips/flips.ts';

/** So many queries are sent so often, milliseconds: enough to look at, and few enough to leave the machine to what is looked at. */
const BURST = 10;
const BURST_EVERY_MS = 5;
/** A query is lost when it has no answer for this time. */
const LOST_MS = 2_000;
/** An answer is late when it shows what was true longer ago. */
export const LATE_MS = 1_000;
/** The watched pool is asked again this long after its answer, milliseconds. */
const WATCH_EVERY_MS = 1;
/** What a flip's report may be late by: an answer may overtake it. */
const REPORT_MS = 200;
const SEED = 1;

/** What random pools were answered. */
export interface Asked {
  readonly answers: number;
  readonly lost: number;
  /** Answers that are no state a pool ever had. */
  readonly torn: number;
  /** Answers that show a state the pool had, but not within LATE_MS. */
  readonly late: number;
  /** The first of the torn ones. */
  readonly examples: readonly string[];
}

/** Asks random pools all the while, decodes every answer and holds it against what was published. */
export interface Asker {
  stop(): Promise<Asked>;
}

/** Opens a socket and begins. */
export async function startAsker(port: number, pools: number, flips: Flips): Promise<Asker> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const random = numbersFrom(SEED);
  const places = placesOf(pools);
  const out = new Map<number, { readonly pool: number; readonly sentMs: number }>();
  /** Answers, to be judged when all reports are here. */
  const answered: { pool: number; up: number; sentMs: number; receivedMs: number }[] = [];
  const examples: string[] = [];
  let [answers, lost, torn, id] = [0, 0, 0, 0];

  function ask(): void {
    const pool = WATCHED + 1 + random(pools - 1);
    id = (id + 1) & 0xffff;
    out.set(id, { pool, sentMs: nowMs() });
    socket.send(queryPacket({ name: `p${pool}.pools.example.com`, type: 'AAAA', id }));
  }

  socket.on('message', (reply) => {
    const query = out.get(reply.readUInt16BE(0));
    if (query === undefined) return;
    out.delete(reply.readUInt16BE(0));
    answers += 1;
    const { pool, sentMs } = query;
    const addresses = addressesIn(decode(reply));
    const up = upIn(addresses, (endpoint) => addressOf(pool, endpoint));
    if (up !== undefined) answered.push({ pool, up, sentMs, receivedMs: nowMs() });
    else {
      torn += 1;
      if (examples.length < 5) examples.push(`p${pool}: ${addresses.join(' ')}`);
    }
  });
  const sweeping = setInterval(() => {
    for (const [key, { sentMs }] of out) {
      if (nowMs() - sentMs < LOST_MS) continue;
      out.delete(key);
      lost += 1;
    }
  }, LOST_MS / 4);
  const asking = setInterval(() => {
    for (let i = 0; i < BURST; i += 1) ask();
  }, BURST_EVERY_MS);

  function isLate({ pool, up, sentMs, receivedMs }: (typeof answered)[number]): boolean {
    const last = stepsOf(places[pool]!, flips.begunBy(receivedMs + REPORT_MS), pools);
    for (let step = stepsOf(places[pool]!, flips.ackedBy(sentMs - LATE_MS), pools); step <= last; step += 1)
      if (upAfter(step) === up) return false;
    return true;
  }

  return {
    async stop() {
      clearInterval(asking);
      await sleep(LOST_MS);
      clearInterval(sweeping);
      socket.close();
      return { answers, lost, torn, late: answered.filter(isLate).length, examples };
    },
  };
}

/** How long it took from each step of the watched pool until an answer showed it or a later one, milliseconds. */
export interface Watcher {
  stop(): Promise<readonly number[]>;
}

/** Asks the watched pool, a query as soon as the one before is answered. */
export async function startWatcher(port: number, flips: Flips): Promise<Watcher> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const seen: { readonly up: number; readonly atMs: number }[] = [];
  let isStopping = false;
  let next: NodeJS.Timeout | undefined;
  const ask = () => {
    if (isStopping) return;
    socket.send(queryPacket({ name: `p${WATCHED}.pools.example.com`, type: 'AAAA' }));
    next = setTimeout(ask, LOST_MS);
  };
  socket.on('message', (reply) => {
    const up = decode(reply).answer.length;
    if (up !== seen.at(-1)?.up) seen.push({ up, atMs: nowMs() });
    clearTimeout(next);
    next = setTimeout(ask, WATCH_EVERY_MS);
  });
  ask();
  return {
    async stop() {
      isStopping = true;
      clearTimeout(next);
      socket.close();
      return latencies(seen, flips.watchedMs);
    },
  };
}

/** Each change that was seen shows the first step from where the last one was that has as many up. */
export function latencies(
  seen: readonly { readonly up: number; readonly atMs: number }[],
  stepsMs: readonly number[],
): number[] {
  const took: number[] = [];
  let step = 0;
  for (const { up, atMs } of seen) {
    let next = step;
    while (upAfter(next) !== up && next < stepsMs.length) next += 1;
    if (upAfter(next) !== up) continue;
    for (; step < next; step += 1) took.push(atMs - stepsMs[step]!);
  }
  return took;
}
