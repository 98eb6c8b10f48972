import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode } from '../answer/decode.ts';
import { queryPacket } from '../answer/query-packet.ts';
import { addressesIn } from './addresses.ts';
import { type NodeUnderTest, type Ports, residentOctets, startNode } from './node-process.ts';

/** Asked so often while a node starts. */
const POLL_MS = 5;
/** Longest wait for a start. */
const START_MS = 120_000;

/** How a start went: milliseconds from when the process was started, and its memory once it was ready. */
export interface StartUp {
  readonly listeningMs: number;
  readonly firstAnswerMs: number;
  readonly readyMs: number;
  readonly readyOctets: number;
  /** Processor time it had used by then. */
  readonly cpuMs: number;
  /** Longest the main thread was busy in one go by then. */
  readonly stallMs: number;
}

/** What is asked, and how many addresses the right answer has. */
export interface Question {
  readonly name: string;
  readonly addresses: number;
}

/** Starts a node and asks it all the while. */
export async function timedStart(
  env: Readonly<Record<string, string>>,
  ports: Ports,
  question: Question,
): Promise<{ node: NodeUnderTest; took: StartUp }> {
  const fromMs = performance.now();
  const since = () => performance.now() - fromMs;
  const giveUp = AbortSignal.timeout(START_MS);
  const answered = untilAnswered(ports.dns, question, giveUp).then(since);
  const ready = untilReady(ports.api, giveUp).then(since);
  const node = await startNode(env, ports);
  const listeningMs = since();
  const [firstAnswerMs, readyMs] = await Promise.all([answered, ready]);
  const readyOctets = residentOctets(node.process.process.pid!).now;
  const probed = node.probes().length;
  while (node.probes().length === probed) await sleep(50);
  const stallMs = Math.max(...node.probes().map(({ maxMs }) => maxMs));
  const { cpuMs } = node.probes().at(-1)!;
  return { node, took: { listeningMs, firstAnswerMs, readyMs, readyOctets, cpuMs, stallMs } };
}

async function untilAnswered(
  port: number,
  { name, addresses }: Question,
  giveUp: AbortSignal,
): Promise<void> {
  const socket = createSocket('udp4');
  const { promise, resolve } = Promise.withResolvers<void>();
  // Nobody listens at first.
  socket.on('error', () => undefined);
  socket.on('message', (reply) => {
    if (addressesIn(decode(reply)).length === addresses) resolve();
  });
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const timer = setInterval(() => socket.send(queryPacket({ name, type: 'AAAA' }), () => undefined), POLL_MS);
  try {
    await Promise.race([promise, once(giveUp, 'abort').then(() => Promise.reject(giveUp.reason))]);
  } finally {
    clearInterval(timer);
    socket.close();
  }
}

async function untilReady(port: number, giveUp: AbortSignal): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    giveUp.throwIfAborted();
    await sleep(POLL_MS);
  }
}
