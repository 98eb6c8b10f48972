import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import type { Server } from './server.ts';

const run = promisify(execFile);

/** The only core the generator runs on. */
export const GENERATOR_CORE = 1;
/**
 * Sockets, so that SO_REUSEPORT has something to spread, and queries out on each: together no more than the receive
 * buffer a server gets who does not ask for more (net.core.rmem_default, 208 KiB), or answers would be lost by that.
 */
const SOCKETS = 4;
const WINDOW = 48;
const TCP_CONNECTIONS = 8;
const TCP_WINDOW = 32;
/** What a run may take besides its seconds, milliseconds. */
const GRACE_MS = 15_000;

/** What is asked, and how. */
export interface Load {
  /** A file of names, one a line. */
  readonly names: string;
  readonly address: '127.0.0.1' | '::1';
  readonly edns: boolean;
  /** A file of IPv4 networks of 24 bits, one a line: the client subnet of each query is the next one. `edns` does not matter then. */
  readonly subnets?: string;
  readonly tcp: boolean;
  /** Asks for AAAA records instead of A records. */
  readonly aaaa?: boolean;
  /** Queries a second; absent: as many as come back. */
  readonly perSecond?: number;
  readonly seconds: number;
  /** Records each answer must have. */
  readonly answers: number;
}

/** One measurement of one server. */
export interface Sample {
  /** Right answers a second. */
  readonly perSecond: number;
  /** Right answers for each second of processor time the server used. */
  readonly perCpuSecond: number;
  /** Share of the time in which the server ran, 0 to 1. */
  readonly busy: number;
  /** Share of the queries that got no answer, or a wrong one, 0 to 1. */
  readonly failed: number;
  /** Share of the wanted queries that were not sent in time, 0 to 1. */
  readonly unsent: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** What the generator says (load/main.c). */
interface Said {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly wrong: number;
  readonly strays: number;
  readonly skipped: number;
  readonly closed: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Lets a server run, loads it, and lets it rest again. Throws with what the generator complains of. */
export async function measure(generator: string, server: Server, load: Load): Promise<Sample> {
  const words = [
    ...['-c', String(GENERATOR_CORE), generator],
    ...['-s', load.address, '-p', String(server.port), '-q', load.names, '-a', String(load.answers)],
    ...['-d', String(load.seconds)],
    ...(load.tcp ? ['-t', '-c', String(TCP_CONNECTIONS), '-w', String(TCP_WINDOW)] : []),
    ...(load.tcp ? [] : ['-c', String(SOCKETS), '-w', String(WINDOW)]),
    ...(load.edns ? ['-e'] : []),
    ...(load.subnets === undefined ? [] : ['-n', load.subnets]),
    ...(load.aaaa ? ['-6'] : []),
    ...(load.perSecond === undefined ? [] : ['-r', String(load.perSecond)]),
    ...server.processes().flatMap((pid) => ['-P', String(pid)]),
  ];
  await server.resume();
  const running = run('taskset', words, { timeout: load.seconds * 1_000 + GRACE_MS });
  const kill = () => running.child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    const { stdout } = await running;
    return sampleOf(JSON.parse(stdout) as Said);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`${server.peer.name}: ${stderr?.trim() || message}`);
  } finally {
    process.off('exit', kill);
    server.pause();
  }
}

function sampleOf(said: Said): Sample {
  const failures = said.lost + said.wrong + said.strays + said.closed;
  return {
    perSecond: said.answered / said.seconds,
    perCpuSecond: said.answered / said.cpuSeconds,
    busy: said.cpuSeconds / said.seconds,
    failed: failures / said.sent,
    unsent: said.skipped / (said.sent + said.skipped),
    p50Us: said.p50Us,
    p99Us: said.p99Us,
  };
}
