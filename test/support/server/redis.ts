import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

/** Longest wait for redis-server to answer, milliseconds. */
const START_MS = 60_000;
/** Ports tried, since another process may take a free one first. */
const PORTS_TRIED = 5;

export interface RedisOptions {
  /** Every acknowledged write is on disk (appendonly, appendfsync always); otherwise nothing is kept. */
  readonly durable?: boolean;
  readonly password?: string;
  /** Further arguments of redis-server. */
  readonly args?: readonly string[];
  /** Environment of its own beside this process's. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A real redis-server of this test's own, on loopback. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Sends a command without special characters in its words; the first line of the answer. */
  send(command: string): Promise<string>;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
  /** Ends it as an operator would; what `durable` kept is there after restart(). */
  shutdown(): Promise<void>;
  /** kill -9; what `durable` kept is there after restart(). */
  kill(): Promise<void>;
  /** Sends a signal, such as SIGSTOP to make it hang and SIGCONT to let it go on. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again on the same port and data, after shutdown() or kill(). */
  restart(): Promise<void>;
  /** A copy of all data as it is now. */
  dump(): Promise<Buffer>;
  /** Ends it and starts it again with the data of a dump; not with `durable`. */
  restore(dump: Buffer): Promise<void>;
  /** Puts the data of a dump in the place of its own while it runs, and cuts no connection; not with `durable`. */
  reload(dump: Buffer): Promise<void>;
}

/** Servers must not outlive the test's process, should it end without its afterAll. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const server of running) server.kill('SIGKILL');
});

/**
 * Starts the redis-server found in PATH, or what TEST_REDIS names in its place, such as valkey-server. It ends with this process at
 * the latest.
 */
export function spawnRedis(args: readonly string[], env: RedisOptions['env'] = {}) {
  const child = spawn(process.env.TEST_REDIS || 'redis-server', args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Starts a Redis (see spawnRedis) and waits until it answers. Throws with its output when it does not. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'lifeguard-redis-'));
  let child: ChildProcess;
  let port = 0;
  for (let attempt = 1; ; attempt += 1) {
    port = await freePort();
    try {
      child = await launch(port, directory, options);
      break;
    } catch (error) {
      if (attempt === PORTS_TRIED || !String(error).includes('in use')) throw error;
    }
  }
  const end = async (name: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(name);
    await exited;
  };
  const file = join(directory, 'dump.rdb');
  const ask = async (command: string) => {
    const answer = await send(port, command, options.password);
    if (answer.startsWith('-')) throw new Error(`${command}: ${answer}`);
  };
  const login = options.password === undefined ? '' : `:${options.password}@`;
  return {
    url: `redis://${login}127.0.0.1:${port}`,
    port,
    send: (command) => send(port, command, options.password),
    stop: async () => {
      await end('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
    shutdown: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    signal: (name) => void child.kill(name),
    restart: async () => {
      await end('SIGKILL');
      child = await launch(port, directory, options);
    },
    async dump() {
      await ask('SAVE');
      return readFile(file);
    },
    async restore(dump) {
      await end('SIGKILL');
      await writeFile(file, dump);
      child = await launch(port, directory, options);
    },
    async reload(dump) {
      await writeFile(file, dump);
      await ask('DEBUG RELOAD NOSAVE');
    },
  };
}

async function launch(port: number, directory: string, options: RedisOptions): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
  args.push('--enable-debug-command', 'local');
  if (options.durable) args.push('--appendonly', 'yes', '--appendfsync', 'always');
  if (options.password !== undefined) args.push('--requirepass', options.password);
  const child = spawnRedis([...args, ...(options.args ?? [])], options.env);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    });
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(10)) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null) throw new Error(`redis-server ended: ${output}`);
    const answer = await send(port, 'PING', options.password).catch(() => '');
    if (answer === '+PONG' && child.exitCode === null) return child;
  }
  child.kill('SIGKILL');
  throw new Error(`redis-server did not answer: ${output}`);
}

/** Sends one inline command (Redis protocol) and gives the first line of its answer. */
async function send(port: number, command: string, password: string | undefined): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(`${password === undefined ? '' : `AUTH ${password}\r\n`}${command}\r\n`);
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      const lines = text.split('\r\n').slice(0, -1);
      if (password !== undefined && lines[0] === '+OK') lines.shift();
      if (lines[0] !== undefined) return lines[0];
    }
    throw new Error('no answer');
  } finally {
    socket.destroy();
  }
}
