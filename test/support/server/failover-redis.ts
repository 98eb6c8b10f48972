import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../free-port.ts';
import { type RedisOptions, type RedisServer, spawnRedis, startRedis } from './redis.ts';

/** Time for a failover, and for what follows a start, milliseconds. */
const FAILOVER_MS = 60_000;
/** Pause between two looks, milliseconds. */
const LOOK_MS = 20;
/** The name that the sentinels have for the primary. */
const NAME = 'lifeguard';
/** Time after which a primary that does not answer is taken for dead. */
const DOWN_MS = 700;

/** A primary and its replica of this test's own, of which the replica takes over when the primary dies. */
export interface FailoverRedis {
  /** What `store.redis_url` names. */
  readonly url: string;
  /** Returns the one that is the primary now, or waits for one. */
  primary(): Promise<RedisServer>;
  /** Returns what the replica has in a field of a hash. */
  onReplica(key: string, field: string): Promise<unknown>;
  /** Waits until the replica has what the primary has, and follows it. */
  inStep(): Promise<void>;
  /** Cuts the replica off, so that it misses what is written from now on; the primary and who watches it notice nothing. */
  cutOff(): Promise<void>;
  /** kill -9 of the primary. Resolves when the replica is the primary. */
  failOver(): Promise<void>;
  /** Starts the one that was killed. Resolves when it follows the other. */
  rejoin(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a primary, a replica, and three sentinels, two of which agree on a failover. `password`: the one that the sentinels
 * want; absent: none.
 */
export async function startSentinels(options: RedisOptions = {}, password?: string): Promise<FailoverRedis> {
  const first = await startRedis(withPrompt(options));
  const second = await startRedis(withPrompt(options));
  await ask(second, 'REPLICAOF', '127.0.0.1', String(first.port));
  const directory = await mkdtemp(join(tmpdir(), 'lifeguard-sentinels-'));
  const ports: number[] = [];
  const ends: (() => Promise<void>)[] = [];
  for (let i = 0; i < 3; i += 1) {
    const port = await freePort();
    const file = join(directory, `sentinel-${i}.conf`);
    const settings = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${first.port} 2`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_MS}`,
      `sentinel failover-timeout ${NAME} 4000`,
      ...(password === undefined ? [] : [`requirepass ${password}`, `sentinel sentinel-pass ${password}`]),
    ];
    await writeFile(file, `${settings.join('\n')}\n`);
    const child = spawnRedis([file, '--sentinel']);
    ports.push(port);
    ends.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
  }
  // Each must know the others and the replica, or it could not fail over.
  for (const port of ports)
    await until(async () => {
      const about = await ask({ port, password }, 'SENTINEL', 'MASTER', NAME);
      const facts = fields(about as string[]);
      return facts['num-other-sentinels'] === '2' && facts['num-slaves'] === '1';
    });
  return failoverOf([first, second], `redis+sentinel://${listed(ports)}/${NAME}`, {
    // The sentinels would do so after ten seconds.
    returned: async (server, primary) => {
      await ask(server, 'REPLICAOF', '127.0.0.1', String(primary.port));
    },
    stop: async () => {
      await Promise.all(ends.map((end) => end()));
      await rm(directory, { recursive: true, force: true });
    },
  });
}

/** Starts a cluster: one primary with nearly all slots, its replica, and two primaries that only vote. */
export async function startCluster(options: RedisOptions = {}): Promise<FailoverRedis> {
  const nodes: RedisServer[] = [];
  for (let i = 0; i < 4; i += 1) {
    const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(DOWN_MS)];
    args.push('--cluster-port', String(await freePort()), '--cluster-announce-ip', '127.0.0.1');
    nodes.push(await startRedis(withPrompt({ ...options, args: [...args, ...(options.args ?? [])] })));
  }
  const [first, second, ...voters] = nodes as [RedisServer, RedisServer, ...RedisServer[]];
  await ask(first, 'CLUSTER', 'ADDSLOTSRANGE', '0', '16381');
  for (const [at, voter] of voters.entries()) await ask(voter, 'CLUSTER', 'ADDSLOTS', String(16_382 + at));
  // Without epochs of their own, their votes are void.
  for (const [at, node] of nodes.entries()) await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1));
  for (const node of nodes) {
    const busPort = (await ask(node, 'CONFIG', 'GET', 'cluster-port')) as string[];
    // All of them, as gossip takes seconds.
    for (const each of nodes)
      if (each !== node) await ask(each, 'CLUSTER', 'MEET', '127.0.0.1', String(node.port), busPort[1]!);
  }
  const isOk = (node: RedisServer) => async () => {
    const info = String(await ask(node, 'CLUSTER', 'INFO'));
    return /cluster_state:ok/.test(info) && /cluster_known_nodes:4/.test(info);
  };
  for (const node of nodes) await until(isOk(node));
  await ask(second, 'CLUSTER', 'REPLICATE', String(await ask(first, 'CLUSTER', 'MYID')));
  // Each must know it for a replica of the first, or it has no vote for it.
  for (const node of nodes)
    await until(async () => {
      const slots = (await ask(node, 'CLUSTER', 'SLOTS')) as unknown[][];
      return slots.some((range) => range[0] === 0 && range.length === 4);
    });
  return failoverOf([first, second], `redis+cluster://${listed(nodes.map(({ port }) => port))}`, {
    returned: async () => {},
    stop: async () => {
      await Promise.all(voters.map((voter) => voter.stop()));
    },
  });
}

async function failoverOf(
  pair: readonly [RedisServer, RedisServer],
  url: string,
  watched: {
    /** Makes a server that was killed follow the primary. */
    returned(server: RedisServer, primary: RedisServer): Promise<void>;
    stop(): Promise<void>;
  },
): Promise<FailoverRedis> {
  let dead: RedisServer | undefined;
  const roleOf = async (server: RedisServer) => {
    if (server === dead) return 'dead';
    const [role] = (await ask(server, 'ROLE')) as string[];
    return role!;
  };
  const primary = async () => {
    for (const fromMs = performance.now(); performance.now() - fromMs < FAILOVER_MS; await sleep(LOOK_MS))
      for (const server of pair) if ((await roleOf(server).catch(() => '')) === 'master') return server;
    throw new Error('there is no primary');
  };
  const other = (one: RedisServer) => (one === pair[0] ? pair[1] : pair[0]);
  const inStep = async () => {
    await until(async () => {
      const from = await primary();
      const [, offset] = (await ask(from, 'ROLE')) as [string, number];
      const [role, , , state, has] = (await ask(other(from), 'ROLE')) as [string, ...unknown[]];
      return role === 'slave' && state === 'connected' && Number(has) >= offset;
    });
  };
  await inStep();
  return {
    url,
    primary,
    onReplica: async (key, field) => ask(other(await primary()), 'HGET', key, field),
    inStep,
    async cutOff() {
      const from = await primary();
      await ask(from, 'ACL', 'SETUSER', 'default', '-psync', '-sync');
      await ask(from, 'CLIENT', 'KILL', 'TYPE', 'replica');
    },
    async failOver() {
      dead = await primary();
      await dead.kill();
      const heir = other(dead);
      await until(async () => (await roleOf(heir)) === 'master');
    },
    async rejoin() {
      if (dead === undefined) return;
      const primary = other(dead);
      await dead.restart();
      await watched.returned(dead, primary);
      dead = undefined;
      await inStep();
    },
    async stop() {
      await watched.stop();
      await Promise.all(pair.map((server) => server.stop()));
    },
  };
}

/** A replica must not wait for others before it begins to follow. */
function withPrompt({ args = [], ...options }: RedisOptions): RedisOptions {
  return { ...options, args: ['--repl-diskless-sync-delay', '0', ...args] };
}

const listed = (ports: readonly number[]) => ports.map((port) => `127.0.0.1:${port}`).join(',');

function fields(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]!]] : [])));
}

/** Sends one command and gives its answer. */
async function ask(
  { port, password }: { readonly port: number; readonly password?: string | undefined },
  name: string,
  ...args: string[]
): Promise<unknown> {
  const client = new Redis({
    ...{ port, host: '127.0.0.1', enableReadyCheck: false, readOnly: true, retryStrategy: () => null },
    ...(password !== undefined && { password }),
  });
  client.on('error', () => undefined);
  try {
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const fromMs = performance.now(); performance.now() - fromMs < FAILOVER_MS; await sleep(LOOK_MS))
    if (await isSo().catch(() => false)) return;
  throw new Error(`it is not so after ${FAILOVER_MS / 1_000} s: ${isSo}`);
}
