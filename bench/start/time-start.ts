import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Type } from '../../src/dns/type.ts';
import { decode } from '../../test/answer/decode.ts';
import { queryPacket } from '../../test/answer/query-packet.ts';
import { MEMBERS, nameOf } from '../dns/names.ts';
import type { Launch, Peer } from '../dns/peer.ts';
import { cpuSecondsOf, processesOf } from '../dns/process-group.ts';

/** A server that is started, and what it finds. */
export interface Candidate {
  readonly name: string;
  readonly peer: Peer;
  /** The file of Lifeguard that runs; absent: the peer is another server. */
  readonly program?: string;
  /** Whether Node finds the compiled code of a start before. */
  readonly hasCompiled?: boolean;
  /** Whether it finds the saved answers of a run before. */
  readonly hasSaved?: boolean;
}

/** A server that is ready to be started. */
export interface Prepared {
  readonly launch: Launch;
  readonly directory: string;
  readonly port: number;
}

/** How a start went, milliseconds. */
export interface Start {
  readonly answerMs: number;
  readonly cpuMs: number;
}

/** Time between two queries of a server that does not answer yet, and the longest time that it is waited for, milliseconds. */
const POLL_MS = 1;
const START_MS = 30_000;
/** Saved answers are written soon after the first generation; it is looked for so often and so long, milliseconds. */
const SAVED_POLL_MS = 50;
const FIRST_PORT = 21_000;
const PORTS = 8_000;

let nextPort = 0;

/** Prepares a server in an empty directory. Where it must find what a run before left, it runs before. */
export async function prepared(candidate: Candidate, directory: string): Promise<Prepared> {
  nextPort += 1;
  const port = FIRST_PORT + ((process.pid + nextPort) % PORTS);
  const launch = await candidate.peer.prepare({ directory, addresses: ['127.0.0.1', '::1'], port, names: 1 });
  const { program, hasCompiled, hasSaved } = candidate;
  if (program === undefined) return { launch, directory, port };
  const compiled = hasCompiled ? undefined : { NODE_COMPILE_CACHE: join(directory, 'compiled') };
  const args = launch.args.map((each) => (each.endsWith('/lifeguard.js') ? program : each));
  const start = { launch: { ...launch, args, env: { ...launch.env, ...compiled } }, directory, port };
  if (hasSaved) await timeStart(start, () => isThere(join(directory, 'data/answers')));
  return start;
}

/** Starts a server, waits for its first right answer and until `then` is true, and ends it. Rejects where it does not answer in time. */
export async function timeStart(
  { launch, directory, port }: Prepared,
  then: () => boolean = () => true,
): Promise<Start> {
  const socket = createSocket('udp4');
  // Nobody listens at first.
  socket.on('error', () => undefined);
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const fromMs = performance.now();
  const child = spawn(launch.command, launch.args, {
    cwd: directory,
    env: { PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`, ...launch.env },
    stdio: 'ignore',
    detached: true,
  });
  const exited = once(child, 'exit');
  const timer = setInterval(() => socket.send(QUERY, () => undefined), POLL_MS);
  try {
    await answered(socket, exited);
    const took = {
      answerMs: performance.now() - fromMs,
      cpuMs: 1_000 * cpuSecondsOf(processesOf(child.pid!)),
    };
    while (!then()) await sleep(SAVED_POLL_MS);
    return took;
  } finally {
    clearInterval(timer);
    socket.close();
    await ended(child.pid!, exited);
  }
}

const QUERY = queryPacket({ name: nameOf(0), type: Type.A });

/** Resolves at the first answer with all members. */
function answered(socket: ReturnType<typeof createSocket>, exited: Promise<unknown>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(() => reject(new Error('it does not answer')), START_MS);
  exited.then(() => reject(new Error('it ended')), reject);
  socket.on('message', (reply) => {
    if (decode(reply).answer.length === MEMBERS) resolve();
  });
  return promise.finally(() => clearTimeout(late));
}

/** Ends a server in order, so that it keeps what it keeps at its end. */
async function ended(pid: number, exited: Promise<unknown>): Promise<void> {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
  await exited;
}

function isThere(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}
