import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { SAMPLE_FILE } from '../../../src/config/source/load.ts';
import { numbersFrom, type Random } from '../../fuzz/random.ts';
import { create } from '../../support/api.ts';
import { freePort } from '../../support/free-port.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { type FailoverRedis, startCluster, startSentinels } from '../../support/server/failover-redis.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { type FullSetWatch, watchFullSet } from './full-set.ts';
import { type Link, openLink } from './link.ts';
import { type Mortal, startMortal } from './mortal.ts';
import { createOwner, type PoolState } from './owner.ts';
import { wrongNames } from './wrong-names.ts';

/** How a storm of outages is made. */
export interface OutageStormOptions {
  readonly store: 'redis' | 'embedded' | 'sentinel' | 'cluster';
  /** Replicas that must have a write before it is acknowledged; absent: none, and where a replica takes over, writes may be lost. */
  readonly waitReplicas?: number;
  /** It ends after so many acknowledged writes. */
  readonly writes: number;
  /** It ends after so many harms instead. */
  readonly harms?: number;
  readonly writesPerSecond: number;
  readonly owners: number;
  /** Nodes over Redis; the embedded store has one, which probes too. */
  readonly nodes: number;
  readonly workers: number;
  readonly seed: number;
  /** Does harm again and again until `isOver`, and leaves all as it was. */
  readonly harm: (stage: Stage, random: Random, isOver: () => boolean) => Promise<void>;
}

/** What may be harmed. */
export interface Stage {
  readonly redis: RedisServer | undefined;
  /** With sentinels or a cluster; `redis` is absent then, and there are no links. */
  readonly failover: FailoverRedis | undefined;
  readonly nodes: readonly Mortal[];
  readonly workers: readonly Mortal[];
  /** From each node and worker to Redis, in that order. */
  readonly links: readonly Link[];
  /** Counts a harm that was done. */
  harmed(title: string): void;
  /** Writes that were acknowledged so far. */
  acknowledged(): number;
  /** Notes what is wrong. */
  wrong(what: string): void;
}

/** What a storm came to. */
export interface OutageStorm {
  readonly seconds: number;
  readonly acknowledged: number;
  readonly untold: number;
  /** Acknowledged writes that a failover undid, where nothing waits for replicas. */
  readonly lost: number;
  readonly harms: ReadonlyMap<string, number>;
  /** Answers about the checked pool that were held against what is true. */
  readonly answers: number;
  readonly unanswered: number;
  /** Names that were asked at the end, of each node. */
  readonly names: number;
  readonly wrong: readonly string[];
}

const ENDPOINTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
const CHECKED_POOL = 'web';
const REGIONS = ['WEU', 'ENAM'];
/** A change of an endpoint, and a revision, is in force everywhere after this time, however busy the machine is. */
const SOON_MS = 60_000;

/**
 * Owners write to nodes that are harmed all the while, and a pool whose endpoints are always well is asked. Afterwards
 * every acknowledged write must be there, every node must answer it, and checks must still work.
 */
export async function storm(options: OutageStormOptions): Promise<OutageStorm> {
  const { store, writes, writesPerSecond, owners, seed, harm } = options;
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-outages-'));
  const removed = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removed);
  const redis = store === 'redis' ? await startRedis({ durable: true }) : undefined;
  const failover = await startFailover(store);
  const isShared = store !== 'embedded';
  const config = join(directory, 'lifeguard.yaml');
  const sample = readFileSync(SAMPLE_FILE, 'utf8');
  writeFileSync(config, sample.replace('wait_replicas: 0', `wait_replicas: ${options.waitReplicas ?? 0}`));
  const webs = await startWebs();
  const links: Link[] = [];
  const watches: Awaited<ReturnType<typeof watchFullSet>>[] = [];
  try {
    const start = (command: 'serve' | 'monitor' | 'all', title: string, region: string, ports?: Ports) =>
      startMember({ command, title, region, ports, directory, config, redis, failover, links });
    const nodes = await Promise.all(
      Array.from({ length: isShared ? options.nodes : 1 }, async (_, i) =>
        start(isShared ? 'serve' : 'all', `node ${i}`, REGIONS[0]!, {
          dns: await freePort(),
          api: await freePort(),
        }),
      ),
    );
    const workers = await Promise.all(
      Array.from({ length: isShared ? options.workers : 0 }, (_, i) =>
        start('monitor', `worker ${i}`, REGIONS[i % REGIONS.length]!),
      ),
    );
    await makeCheckedPool(nodes[0]!, webs);
    for (const { process: node } of nodes) {
      const watch = await watchFullSet(node.dns.port, `${CHECKED_POOL}.pools.example.com`, ENDPOINTS);
      watches.push(watch);
      await watch.until(ENDPOINTS, SOON_MS);
      watch.begin();
    }

    const harms = new Map<string, number>();
    const harmed = (title: string) => void harms.set(title, (harms.get(title) ?? 0) + 1);
    const apis = nodes.map(({ process: node }) => node.api);
    const failing = {
      failsOver: failover !== undefined,
      loses: failover !== undefined && options.waitReplicas === undefined,
    };
    const all = Array.from({ length: owners }, (_, i) =>
      createOwner(`o${i}`, apis, numbersFrom(seed + i), failing),
    );
    const wrong: string[] = [];
    const total = () => all.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    const done = () => [...harms.values()].reduce((sum, times) => sum + times, 0);
    const isOver = () => (options.harms === undefined ? total() >= writes : done() >= options.harms);
    const fromMs = performance.now();
    const stage: Stage = {
      ...{ redis, failover, nodes, workers, links, harmed },
      acknowledged: total,
      wrong: (what) => void wrong.push(what),
    };
    const harming = harm(stage, numbersFrom(seed - 1), isOver);
    await Promise.all([
      harming,
      ...all.map((owner) => owner.run((1_000 * owners) / writesPerSecond, isOver)),
    ]);
    const seconds = (performance.now() - fromMs) / 1_000;

    const settled = new Map<string, PoolState>();
    for (const owner of all) for (const [name, state] of await owner.settle()) settled.set(name, state);
    wrong.push(...all.flatMap((owner) => owner.wrong));
    for (const node of nodes) wrong.push(...(await wrongNames(node, settled)));
    for (const watch of watches) watch.end();
    wrong.push(...(await wrongChecks(watches, webs)));
    const seen = await Promise.all(watches.splice(0).map((watch) => watch.stop()));
    return {
      seconds,
      acknowledged: total(),
      untold: all.reduce((sum, { untold }) => sum + untold, 0),
      lost: all.reduce((sum, { lost }) => sum + lost, 0),
      harms,
      answers: seen.reduce((sum, { full }) => sum + full, 0),
      unanswered: seen.reduce((sum, { unanswered }) => sum + unanswered, 0),
      names: settled.size * nodes.length,
      wrong: [...wrong, ...seen.flatMap((each) => each.wrong)],
    };
  } finally {
    await Promise.all(watches.map((watch) => watch.stop()));
    await endAll();
    for (const link of links) await link.stop();
    for (const web of webs) await web.stop();
    await redis?.stop();
    await failover?.stop();
    removed();
  }
}

interface Ports {
  readonly dns: number;
  readonly api: number;
}

async function startMember(member: {
  readonly command: 'serve' | 'monitor' | 'all';
  readonly title: string;
  readonly region: string;
  readonly ports: Ports | undefined;
  readonly directory: string;
  readonly config: string;
  readonly redis: RedisServer | undefined;
  readonly failover: FailoverRedis | undefined;
  readonly links: Link[];
}): Promise<Mortal> {
  const { command, title, region, ports, directory, config, redis, failover, links } = member;
  const link = redis && (await openLink(redis.port));
  if (link !== undefined) links.push(link);
  return startMortal(title, () =>
    startLifeguard(command, {
      LIFEGUARD_DATA_DIR: join(directory, title.replace(' ', '-')),
      LIFEGUARD_REGION: region,
      LIFEGUARD_CONFIG: config,
      ...(failover ? { LIFEGUARD_REDIS_URL: failover.url } : {}),
      ...(link ? { LIFEGUARD_REDIS_URL: `redis://127.0.0.1:${link.port}` } : {}),
      ...(ports
        ? { LIFEGUARD_DNS_LISTEN: `127.0.0.1:${ports.dns}`, LIFEGUARD_API_LISTEN: `127.0.0.1:${ports.api}` }
        : {}),
    }),
  );
}

function startFailover(store: OutageStormOptions['store']): Promise<FailoverRedis | undefined> {
  if (store === 'sentinel') return startSentinels({ durable: true });
  return store === 'cluster' ? startCluster({ durable: true }) : Promise.resolve(undefined);
}

async function startWebs(): Promise<WebServer[]> {
  const first = await startWeb(ENDPOINTS[0]!);
  return [first, ...(await Promise.all(ENDPOINTS.slice(1).map((address) => startWeb(address))))];
}

/** Its checks wait long enough for a busy machine: no endpoint is ever unhealthy. */
async function makeCheckedPool({ process: node }: Mortal, webs: readonly WebServer[]): Promise<void> {
  const monitor = await create(node, '/monitors', {
    type: 'http',
    expected_codes: '2xx',
    interval: 5,
    timeout: 5,
    retries: 2,
  });
  await create(node, '/pools', {
    name: CHECKED_POOL,
    monitor: monitor.id,
    origins: webs.map(({ address, port }, i) => ({ name: `web-${i + 1}`, address, port })),
  });
}

/** An endpoint that dies leaves the answers of every node, and comes back with its service. */
async function wrongChecks(watches: readonly FullSetWatch[], webs: readonly WebServer[]): Promise<string[]> {
  const expectAll = async (addresses: readonly string[]) => {
    const outcomes = await Promise.allSettled(watches.map((watch) => watch.until(addresses, SOON_MS)));
    return outcomes.flatMap((each) => (each.status === 'rejected' ? [(each.reason as Error).message] : []));
  };
  await webs[1]!.stop();
  const gone = await expectAll([ENDPOINTS[0]!, ENDPOINTS[2]!]);
  await webs[1]!.start();
  return [...gone, ...(await expectAll(ENDPOINTS))];
}
