import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rcode } from '../../../src/dns/rcode.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';

/** Pause between two questions to one node. */
const EVERY_MS = 5;
/** A question is lost when it has no answer for this time. */
const LOST_MS = 1_000;
/** Wrong answers that are shown. */
const EXAMPLES_MAX = 5;

/** The answers of one node about a name that must always have all its addresses. */
export interface FullSetWatch {
  /** Resolves at the next answer with these addresses. */
  until(addresses: readonly string[], withinMs: number): Promise<void>;
  /** Ends it. `unanswered` counts lost questions and SERVFAIL, which a node that starts may say. */
  stop(): Promise<{ readonly full: number; readonly unanswered: number; readonly wrong: readonly string[] }>;
}

/**
 * Asks a node for the A records of a name all the while. Until `begin` is called nothing is judged; from then on each
 * answer must hold exactly `addresses`.
 */
export async function watchFullSet(
  port: number,
  name: string,
  addresses: readonly string[],
): Promise<FullSetWatch & { begin(): void; end(): void }> {
  const socket = createSocket('udp4').on('error', () => undefined);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const wanted = textOf(addresses);
  const wrong: string[] = [];
  let [full, unanswered, wrongs] = [0, 0, 0];
  let isJudging = false;
  let isOver = false;
  let last = '';
  let answered: (reply: Buffer | undefined) => void = () => undefined;
  let id = 0;
  socket.on('message', (reply) => {
    if (reply.readUInt16BE(0) === id) answered(reply);
  });

  const judge = (reply: Buffer | undefined) => {
    const message = reply && decode(reply);
    const isAnswer = message !== undefined && message.rcode !== Rcode.SERVFAIL;
    last = isAnswer
      ? `${message.rcode} ${textOf(message.answer.map(({ line }) => line.split(' ').at(-1)!))}`
      : '';
    if (!isJudging) return;
    if (!isAnswer) unanswered += 1;
    else if (last === `${Rcode.NOERROR} ${wanted}`) full += 1;
    else {
      wrongs += 1;
      if (wrongs <= EXAMPLES_MAX)
        wrong.push(`${name} at port ${port} was answered "${last}", not "${wanted}"`);
    }
  };

  const asking = (async () => {
    while (!isOver) {
      id = (id + 1) & 0xffff;
      const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
      answered = resolve;
      const lost = setTimeout(resolve, LOST_MS, undefined);
      socket.send(queryPacket({ name, id }), port, '127.0.0.1', () => undefined);
      judge(await promise);
      clearTimeout(lost);
      await sleep(EVERY_MS);
    }
    socket.close();
  })();

  return {
    begin: () => void (isJudging = true),
    end: () => void (isJudging = false),
    async until(expected, withinMs) {
      const line = `${Rcode.NOERROR} ${textOf(expected)}`;
      for (const fromMs = performance.now(); last !== line; await sleep(EVERY_MS))
        if (performance.now() - fromMs > withinMs)
          throw new Error(
            `${name} at port ${port} is answered "${last}" after ${withinMs / 1_000} s, not "${line}"`,
          );
    },
    async stop() {
      isOver = true;
      await asking;
      if (wrongs > EXAMPLES_MAX) wrong.push(`and ${wrongs - EXAMPLES_MAX} more wrong answers`);
      return { full, unanswered, wrong };
    },
  };
}

const textOf = (addresses: readonly string[]) => [...addresses].sort().join(' ');
