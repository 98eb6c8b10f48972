import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf } from '../../../bench/verdict/pools.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { numbersFrom } from '../../fuzz/random.ts';
import { addressesIn } from '../addresses.ts';
import { LATE_MS } from '../asker.ts';
import { placesOf, stepsOf, upIn } from '../flips/flip-plan.ts';
import { type Flips, nowMs } from '../flips/flips.ts';
import { isExplained, steeredOf } from './judge.ts';

/** So many queries are sent so often, milliseconds. */
const BURST = 10;
const BURST_EVERY_MS = 5;
/** A query is lost when it has no answer for this time. */
const LOST_MS = 2_000;
/** What a flip's report may be late by: an answer may overtake it. */
const REPORT_MS = 200;
/** An answer that was true within this time is late; any other one is wrong. */
const PAST_MS = 30_000;
const SEED = 1;
const EXAMPLES_MAX = 5;

/** What load balancers answered. */
export interface Judged {
  readonly answers: number;
  readonly lost: number;
  /** Addresses that no pool of the load balancer ever had together. */
  readonly torn: number;
  /** What was true once, but not within LATE_MS before the question; and what was not. */
  readonly late: number;
  readonly wrong: number;
  readonly examples: readonly string[];
}

interface Answer {
  readonly number: number;
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly addresses: readonly string[];
}

/** Asks random load balancers until it is told to stop, and judges each answer by what was published. */
export async function startJudge(
  port: number,
  { pools, loadBalancers }: { readonly pools: number; readonly loadBalancers: number },
  flips: Flips,
): Promise<{ stop(): Promise<Judged> }> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const random = numbersFrom(SEED);
  const places = placesOf(pools);
  const out = new Map<number, Pick<Answer, 'number' | 'sentMs'>>();
  const answered: Answer[] = [];
  let [lost, id] = [0, 0];
  socket.on('message', (reply) => {
    const key = reply.readUInt16BE(0);
    const query = out.get(key);
    if (query === undefined) return;
    out.delete(key);
    // Judged when all reports are here.
    answered.push({ ...query, receivedMs: nowMs(), addresses: addressesIn(decode(reply)) });
  });
  const sweeping = setInterval(() => {
    for (const [key, { sentMs }] of out) {
      if (nowMs() - sentMs < LOST_MS) continue;
      out.delete(key);
      lost += 1;
    }
  }, LOST_MS / 4);
  const asking = setInterval(() => {
    for (let i = 0; i < BURST; i += 1) {
      const number = random(loadBalancers);
      id = (id + 1) & 0xffff;
      out.set(id, { number, sentMs: nowMs() });
      socket.send(queryPacket({ name: steeredOf(number, pools).name, type: 'AAAA', id }));
    }
  }, BURST_EVERY_MS);

  function verdictOn({ number, sentMs, receivedMs, addresses }: Answer): 'right' | 'torn' | 'late' | 'wrong' {
    const steered = steeredOf(number, pools);
    const pool = steered.pools.find((each) => addresses.includes(addressOf(each, 0)));
    const up = pool === undefined ? undefined : upIn(addresses, (endpoint) => addressOf(pool, endpoint));
    if (pool === undefined || up === undefined) return 'torn';
    const isTrue = (withinMs: number) => {
      const from = flips.ackedBy(sentMs - withinMs);
      const to = flips.begunBy(receivedMs + REPORT_MS);
      return isExplained(steered, { pool, up }, (each) => ({
        from: stepsOf(places[each]!, from, pools),
        to: stepsOf(places[each]!, to, pools),
      }));
    };
    if (isTrue(LATE_MS)) return 'right';
    return isTrue(PAST_MS) ? 'late' : 'wrong';
  }

  return {
    async stop() {
      clearInterval(asking);
      await sleep(LOST_MS);
      clearInterval(sweeping);
      socket.close();
      const bad = answered
        .map((answer) => ({ answer, verdict: verdictOn(answer) }))
        .filter(({ verdict }) => verdict !== 'right');
      const count = (which: string) => bad.filter(({ verdict }) => verdict === which).length;
      return {
        answers: answered.length,
        lost,
        torn: count('torn'),
        late: count('late'),
        wrong: count('wrong'),
        examples: bad
          .slice(0, EXAMPLES_MAX)
          .map(
            ({ answer: { number, addresses }, verdict }) =>
              `${verdict}: ${steeredOf(number, pools).name}: ${addresses.join(' ')}`,
          ),
      };
    },
  };
}
