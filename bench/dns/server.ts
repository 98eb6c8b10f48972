import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { dig } from '../../test/support/dig.ts';
import { nameOf as poolName } from './names.ts';
import type { Peer } from './peer.ts';
import { cpuSecondsOf, memoryOf, processesOf } from './process-group.ts';

/** The only core servers run on. */
export const SERVER_CORE = 0;
/** Longest wait for a server to answer all it should, milliseconds: gdnsd looks resources up one by one at its start. */
const START_MS = 300_000;
const START_POLL_MS = 100;
const PORT_ATTEMPTS = 50;
const ADDRESSES = ['127.0.0.1', '::1'] as const;
/** Servers live in sbin, which ordinary users do not have in PATH. */
const PATH = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;

/** A running peer, pinned to its core. It stands still unless it was resumed. */
export interface Server {
  readonly peer: Peer;
  readonly port: number;
  /** Milliseconds from its start until it answered right. */
  readonly startMs: number;
  /** What it held in memory then. */
  readonly memoryMiB: number;
  /** Ids of all its processes. */
  processes(): number[];
  pause(): void;
  /** Lets it run, and resolves when it has caught up with what it missed meanwhile. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Whether the peer's program is on this machine. */
export function isHere(peer: Peer): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', peer.program], { env: { PATH } }).status === 0;
}

/** The version the peer's program tells; empty where it has none to tell. */
export function versionOf({ program, version }: Peer): string {
  if (version === undefined) return '';
  const { stdout, stderr } = spawnSync(program, version.args, { env: { PATH }, encoding: 'utf8' });
  return version.pattern.exec(stdout + stderr)?.[1]?.replace(/,$/, '') ?? '';
}

/** Starts a peer and waits until dig gets the right answers from it, over UDP, TCP and IPv6; it is paused then. */
export async function startServer(peer: Peer, below: string, names: number): Promise<Server> {
  const directory = join(below, peer.name.replaceAll(' ', '-'));
  mkdirSync(directory);
  const port = await freePort();
  const launch = await peer.prepare({ directory, addresses: ADDRESSES, port, names });
  const log = join(directory, 'log');
  const output = openSync(log, 'w');
  const startedAt = performance.now();
  // A group of its own, so that all its processes can be counted, paused and ended.
  const child = spawn('taskset', ['-c', String(SERVER_CORE), launch.command, ...launch.args], {
    cwd: directory,
    env: { PATH, ...launch.env },
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  const exited = once(child, 'exit');
  const group = child.pid!;
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-group, name);
    } catch {
      // It has ended.
    }
  };
  const kill = () => signal('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    kill();
    await exited;
    process.off('exit', kill);
    await launch.stop?.();
  };
  try {
    await answersRight(peer, port, names, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    throw new Error(`${peer.name}: ${(error as Error).message}\n${readFileSync(log, 'utf8').slice(-2_000)}`);
  }
  const startMs = performance.now() - startedAt;
  const memoryMiB = memoryOf(processesOf(group)) / 2 ** 20;
  await quiet(() => processesOf(group), AFTER_START);
  signal('SIGSTOP');
  return {
    peer,
    port,
    startMs,
    memoryMiB,
    processes: () => processesOf(group),
    pause: () => signal('SIGSTOP'),
    async resume() {
      signal('SIGCONT');
      await sleep(peer.noticesWithinMs ?? 0);
      await quiet(() => processesOf(group), AFTER_PAUSE);
    },
    stop,
  };
}

/** When a server that nobody asks counts as quiet: the share of its core that it uses over QUIET_MS, and for how long at most that is waited for. */
interface Quiet {
  readonly share: number;
  readonly untilMs: number;
}

const QUIET_MS = 200;
/** After its first answer. Lifeguard goes on to write down the first status of each pool, at some percent of a core. */
const AFTER_START: Quiet = { share: 0.02, untilMs: 120_000 };
/** After a pause, which every server notices in its own way. */
const AFTER_PAUSE: Quiet = { share: 0.1, untilMs: 3_000 };

/** Resolves when processes are quiet, or when the time for that is over. */
async function quiet(processes: () => number[], { share, untilMs }: Quiet): Promise<void> {
  const endMs = performance.now() + untilMs;
  let busyMs = QUIET_MS;
  while (busyMs > QUIET_MS * share && performance.now() < endMs) {
    const before = cpuSecondsOf(processes());
    await sleep(QUIET_MS);
    busyMs = (cpuSecondsOf(processes()) - before) * 1_000;
  }
}

async function answersRight(
  { addressesOf, nameOf = poolName, digOptions = [], tcp }: Peer,
  port: number,
  names: number,
  hasEnded: () => boolean,
): Promise<void> {
  const ask = async (address: string, i: number, ...options: string[]) =>
    (await dig({ address, port }, nameOf(i), 'A', '+time=1', ...digOptions, ...options)).rdata.join(' ');
  const until = performance.now() + START_MS;
  let got = '';
  const asks = [0, Math.floor(names / 2), names - 1].flatMap((i) => [
    { address: ADDRESSES[0], i, options: [] },
    { address: ADDRESSES[1], i, options: [] },
    ...(tcp ? [{ address: ADDRESSES[0], i, options: ['+tcp'] }] : []),
  ]);
  if (addressesOf === undefined) {
    // The floor's replies are no records; the generator checks their IDs, questions and counts.
    await sleep(START_POLL_MS);
    if (hasEnded()) throw new Error('it ended');
    return;
  }
  for (const { address, i, options } of asks)
    for (;;) {
      const expected = addressesOf(i).toSorted().join(' ');
      got = await ask(address, i, ...options);
      if (got === expected) break;
      if (hasEnded()) throw new Error('it ended');
      if (performance.now() > until)
        throw new Error(`${nameOf(i)} at ${address} ${options} was answered "${got}", not "${expected}"`);
      await sleep(START_POLL_MS);
    }
}

/** A port that is free for UDP and TCP at all addresses; somebody may take it, but then the start fails. */
async function freePort(): Promise<number> {
  for (let attempt = 1; attempt <= PORT_ATTEMPTS; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await Promise.all(
      ADDRESSES.flatMap((address) => [isFreeForTcp(address, port), isFreeForUdp(address, port)]),
    );
    if (free.every(Boolean)) return port;
  }
  throw new Error('found no free port');
}

function isFreeForTcp(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen({ host, port }, () => server.close(() => resolve(true)));
  return promise;
}

function isFreeForUdp(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.once('error', () => resolve(false));
  socket.bind(port, address, () => socket.close(() => resolve(true)));
  return promise;
}

/** Throws where servers and generator cannot have a core each. */
export function checkCores(generatorCore: number): void {
  try {
    execFileSync('taskset', ['-c', `${SERVER_CORE},${generatorCore}`, 'true'], { stdio: 'ignore' });
    execFileSync('taskset', ['-c', String(generatorCore), 'true'], { stdio: 'ignore' });
  } catch {
    throw new Error(`this needs taskset, and the cores ${SERVER_CORE} and ${generatorCore}`);
  }
}
