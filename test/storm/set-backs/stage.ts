import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredDocument, Write } from '../../../src/store/contract/documents.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { pool } from '../../store/contract/samples.ts';
import { readOwn } from '../../support/api.ts';
import { freePort } from '../../support/free-port.ts';
import { endAll, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { samplesOf } from '../../support/server/prometheus.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { askNames } from '../ask-names.ts';
import { type Link, openLink } from '../outages/link.ts';
import { type Mortal, startMortal } from '../outages/mortal.ts';

/** Everything that is waited for comes within this time, however busy the machine is. */
export const SOON_MS = 8_000;

/** A replica of it begins at once. */
const REDIS = { args: ['--repl-diskless-sync-delay', '0'] };

/** Pools by name, with their address. */
export type Pools = ReadonlyMap<string, string>;

/** Nodes and a monitor that reach Redis by one address, whatever is behind it. */
export interface Stage {
  /** What is behind the address now. */
  redis: RedisServer;
  readonly link: Link;
  readonly nodes: readonly Mortal[];
  readonly monitor: Mortal;
  /** Writes to Redis directly, as somebody does who knows nothing of its past. */
  write(puts: Pools, deletes?: readonly string[]): Promise<number>;
  /** Pools and revision that Redis has. */
  stored(): Promise<{ readonly pools: Pools; readonly revision: number }>;
  /** What a node answers of these names. */
  answered(node: Mortal, names: readonly string[]): Promise<Pools>;
  /** Pools that a node's last good state has on disk. */
  remembered(node: Mortal): Pools;
  isSetBack(node: Mortal): Promise<boolean>;
  revisionOf(node: Mortal): Promise<number>;
  adopt(): Promise<void>;
  end(): Promise<void>;
}

/** Starts two nodes and a monitor over a Redis. */
export async function setStage(): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-set-backs-'));
  const redis = await startRedis(REDIS);
  const link = await openLink(redis.port);
  const url = `redis://127.0.0.1:${link.port}`;
  const start = async (command: 'serve' | 'monitor', title: string) => {
    const ports =
      command === 'monitor'
        ? {}
        : {
            LIFEGUARD_DNS_LISTEN: `127.0.0.1:${await freePort()}`,
            LIFEGUARD_API_LISTEN: `127.0.0.1:${await freePort()}`,
          };
    const env = { LIFEGUARD_REDIS_URL: url, LIFEGUARD_DATA_DIR: join(directory, title), ...ports };
    return startMortal(title, () => startLifeguard(command, env));
  };
  const [one, two, monitor] = await Promise.all([
    start('serve', 'one'),
    start('serve', 'two'),
    start('monitor', 'monitor'),
  ]);
  const withStore = async <T>(use: (store: Store) => Promise<T>): Promise<T> => {
    const store = openRedisStore(stage.redis.url, { prefix: 'lifeguard' });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  };
  const stage: Stage = {
    redis,
    link,
    nodes: [one!, two!],
    monitor: monitor!,
    write: (puts, deletes = []) =>
      withStore(async (store) => {
        const committed = await store.commit([
          ...[...puts].map(([name, address]) => putOf(name, address)),
          ...deletes.map((name): Write => ({ op: 'delete', kind: 'pool', id: name })),
        ]);
        if (!committed.ok) throw new Error(JSON.stringify(committed));
        return committed.revision;
      }),
    stored: () =>
      withStore(async (store) => {
        const { documents, revision } = await store.read();
        return { pools: poolsIn(documents), revision };
      }),
    async answered(node, names) {
      const said = await askNames(
        node.process.dns,
        names.map((name) => `${name}.pools.example.com`),
      );
      const found = [...said].map(([name, answer]): [string, string] => [name.split('.')[0]!, answer]);
      return new Map(
        found.flatMap(([name, answer]) => {
          const [rcode, address = ''] = answer.split(' ');
          if (rcode === '3') return [];
          return [[name, rcode === '0' ? address : answer]];
        }),
      );
    },
    remembered(node) {
      const file = new DatabaseSync(join(directory, node.title, 'last-good.sqlite'), { readOnly: true });
      try {
        const rows = file.prepare("SELECT id, value FROM document WHERE kind = 'pool'").all();
        return new Map(
          rows.map(({ id, value }) => [String(id), JSON.parse(String(value)).endpoints[0].address]),
        );
      } finally {
        file.close();
      }
    },
    async isSetBack(node) {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const text = await (await fetch(new URL('/metrics', node.process.api), { headers })).text();
      return samplesOf(text).get('lifeguard_alarms{alarm="store_set_back"}') === 1;
    },
    async revisionOf(node) {
      const own = `${node.process.dns.address}:${node.process.dns.port}`;
      const nodes: { dns: string[]; revision: number }[] = await readOwn(node.process, '/nodes');
      return Math.max(...nodes.filter(({ dns }) => dns.includes(own)).map(({ revision }) => revision));
    },
    adopt: () => withStore(async (store) => void (await store.adopt())),
    async end() {
      await endAll();
      await link.stop();
      await stage.redis.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return stage;
}

/** Waits until `look` resolves with what `is` wants; the last that it saw otherwise. */
export async function until<T>(
  look: () => Promise<T>,
  is: (seen: T) => boolean,
): Promise<{ met: boolean; seen: T }> {
  for (const fromMs = performance.now(); ; await sleep(50)) {
    const seen = await look();
    const met = is(seen);
    if (met || performance.now() - fromMs > SOON_MS) return { met, seen };
  }
}

export function putOf(name: string, address: string): Write {
  const value = pool(name, {
    endpoints: [{ name: 'a', address, enabled: true, weight: 1, flattenCname: false }],
  });
  return { op: 'put', kind: 'pool', id: name, value, unique: [name], references: [] };
}

function poolsIn(documents: readonly StoredDocument[]): Pools {
  return new Map(
    documents.flatMap((each) =>
      each.kind === 'pool' ? [[each.id, each.value.endpoints[0]!.address] as const] : [],
    ),
  );
}

export const textOf = (pools: Pools) =>
  [...pools]
    .map(([name, at]) => `${name}=${at}`)
    .sort()
    .join(' ');

/** A replica that has all of a Redis, and gets nothing more of it from now on. */
export async function replicaOf(redis: RedisServer): Promise<RedisServer> {
  const replica = await startRedis(REDIS);
  await replica.send(`REPLICAOF 127.0.0.1 ${redis.port}`);
  await until(
    () => replica.send('DBSIZE'),
    (size) => /^:[1-9]/.test(size),
  );
  await replica.send('REPLICAOF NO ONE');
  return replica;
}
