import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rcode } from '../../../src/dns/rcode.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { oneOf, type Random } from '../../fuzz/random.ts';
import type { NameHistory } from './name-history.ts';

/** Questions go out in bursts so far apart, milliseconds. */
const BURST_EVERY_MS = 5;
/** A question is lost when it has no answer for this time. */
const LOST_MS = 2_000;
/** An answer is wrong when it shows what was replaced longer ago. */
export const LATE_MS = 2_000;
const EXAMPLES_MAX = 5;

/** What was answered. */
export interface AskedNames {
  readonly answers: number;
  readonly lost: number;
  readonly wrong: readonly string[];
}

/**
 * Asks a node for the A records of random names all the while, and holds each answer against the name's history. `isAway`: whether
 * the node may leave a question of that time without an answer, or answer SERVFAIL, because it does not run or starts.
 */
export async function startNameAsker(
  port: number,
  histories: readonly NameHistory[],
  perSecond: number,
  random: Random,
  isAway: (sentMs: number) => boolean = () => false,
): Promise<{ stop(): Promise<AskedNames> }> {
  const socket = createSocket('udp4').on('error', () => undefined);
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const out = new Map<number, { readonly history: NameHistory; readonly sentMs: number }>();
  const noteLost = (asked: { readonly sentMs: number } | undefined) => {
    if (asked !== undefined && !isAway(asked.sentMs)) lost += 1;
  };
  const wrong: string[] = [];
  let [answers, lost, wrongs, id] = [0, 0, 0, 0];

  socket.on('message', (reply) => {
    const key = reply.readUInt16BE(0);
    const asked = out.get(key);
    if (asked === undefined) return;
    out.delete(key);
    const { history, sentMs } = asked;
    const { rcode, answer } = decode(reply);
    if (rcode === Rcode.SERVFAIL && isAway(sentMs)) return;
    answers += 1;
    const addresses = answer.map(({ line }) => line.split(' ').at(-1)!).sort();
    const said = `${rcode} ${addresses.join(' ')}`;
    if (history.allows(said, sentMs, performance.now(), LATE_MS)) return;
    wrongs += 1;
    if (wrongs <= EXAMPLES_MAX)
      wrong.push(
        `${history.name} at port ${port} was answered "${said}"; "${history.current}" was acknowledged`,
      );
  });
  const bursts = setInterval(() => {
    for (let i = 0; i < (perSecond * BURST_EVERY_MS) / 1_000; i += 1) {
      id = (id + 1) & 0xffff;
      noteLost(out.get(id));
      const history = oneOf(random, histories);
      out.set(id, { history, sentMs: performance.now() });
      socket.send(queryPacket({ name: history.name, id }), () => undefined);
    }
  }, BURST_EVERY_MS);
  return {
    async stop() {
      clearInterval(bursts);
      for (const fromMs = performance.now(); out.size > 0 && performance.now() - fromMs < LOST_MS; )
        await sleep(20);
      socket.close();
      for (const asked of out.values()) noteLost(asked);
      if (wrongs > EXAMPLES_MAX) wrong.push(`and ${wrongs - EXAMPLES_MAX} more wrong answers`);
      return { answers, lost, wrong };
    },
  };
}
