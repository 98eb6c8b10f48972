import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dig } from '../dig.ts';

/** Longest wait for a resolver to answer, milliseconds. */
const START_MS = 60_000;
/** Ports tried, since another process may take a free one first. */
const PORTS_TRIED = 5;

/** Where a DNS server of ours, or a resolver, is. */
export interface DnsAddress {
  readonly address: string;
  readonly port: number;
}

/** A real resolver of this test's own, on loopback, which sends one zone's queries to a server of ours. */
export interface Resolver extends DnsAddress {
  stop(): Promise<void>;
}

/** How a resolver is started. */
export interface ResolverProgram {
  readonly program: string;
  /** Its configuration; `directory` is its own and empty. */
  readonly configuration: (directory: string, port: number) => string;
  /** Arguments, given the configuration's file. */
  readonly args: (file: string) => readonly string[];
}

/** Whether a program can be run by its name. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Starts a resolver and waits until it answers. Throws with its output when it does not. */
export async function startResolver(program: ResolverProgram): Promise<Resolver> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(program);
    } catch (error) {
      if (attempt === PORTS_TRIED || !/in use/i.test(String(error))) throw error;
    }
  }
}

async function launch({ program, configuration, args }: ResolverProgram): Promise<Resolver> {
  const directory = mkdtempSync(join(tmpdir(), `lifeguard-${program}-`));
  const port = await freePort();
  const file = join(directory, `${program}.conf`);
  writeFileSync(file, configuration(directory, port));
  const child = spawn(program, args(file), { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  // The test may end without its afterEach.
  const killIt = () => child.kill('SIGKILL');
  process.once('exit', killIt);
  const ended = once(child, 'close');
  const resolver: Resolver = {
    address: '127.0.0.1',
    port,
    async stop() {
      child.kill();
      await ended;
      process.off('exit', killIt);
      rmSync(directory, { recursive: true });
    },
  };
  if (await answers(resolver, child)) return resolver;
  await resolver.stop();
  throw new Error(`${program} does not answer: ${said}`);
}

async function answers(resolver: Resolver, child: ChildProcess): Promise<boolean> {
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(50)) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    // Each of them answers this by itself, without asking anyone.
    if ((await dig(resolver, 'version.bind', 'TXT', 'CH', '+time=1')).status !== undefined) return true;
  }
  return false;
}

/** A port that is free at 127.0.0.1 for UDP and TCP. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const bound = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false));
      socket.bind(port, '127.0.0.1', () => resolve(true));
    });
    server.close();
    await once(server, 'close');
    if (!bound) continue;
    socket.close();
    return port;
  }
}
