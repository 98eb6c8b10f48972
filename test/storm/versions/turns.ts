import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rcode } from '../../../src/dns/rcode.ts';
import type { Random } from '../../fuzz/random.ts';
import { create } from '../../support/api.ts';
import type { LifeguardProcess } from '../../support/lifeguard.ts';
import { askNames } from '../ask-names.ts';
import { createNameHistory, type NameHistory } from '../churn/name-history.ts';
import type { Notice } from './notices.ts';
import { REGIONS } from './stage.ts';

/** An HTTP server that keeps account of its probes. */
export interface Endpoint {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  isWell: boolean;
  /** When it was probed, by performance.now(). */
  readonly probedMs: number[];
  stop(): void;
}

/** A pool whose endpoints fail and recover, one at a time. */
export interface TurningPool {
  readonly name: string;
  /** Its only region; undefined: all. */
  readonly region: string | undefined;
  readonly endpoints: readonly Endpoint[];
  /** What its name is answered with, and that of its load balancer. */
  readonly histories: readonly NameHistory[];
}

/** Between two probes of an endpoint. */
export const INTERVAL_MS = 1_000;
const CONSECUTIVE_DOWN = 2;
/** What a load balancer answers when its only pool is unhealthy. */
const FALLBACK_ADDRESS = '192.0.2.77';
/** The load balancer over the pool that has a single endpoint. */
const LOAD_BALANCER = 'shop.example.com';
const POOLS: readonly { readonly name: string; readonly endpoints: number; readonly region?: string }[] = [
  { name: 'both', endpoints: 3 },
  { name: 'shared', endpoints: 3, region: REGIONS.shared },
  { name: 'single', endpoints: 2, region: REGIONS.single },
  { name: 'lone', endpoints: 1 },
];
/** An endpoint that fails or recovers is answered so everywhere, and notified, after this time, however busy the machine is. */
const SOON_MS = 90_000;
const LOOK_MS = 100;
/** Longest pause after a turn. */
const PAUSE_MS_MAX = 3_000;

/** Starts the endpoints of all pools. The first loopback network has the servers. */
export function openPools(): Promise<TurningPool[]> {
  return Promise.all(
    POOLS.map(async ({ name, endpoints, region }, at): Promise<TurningPool> => {
      const all = await Promise.all(
        Array.from({ length: endpoints }, (_, i) => startEndpoint(`e${i + 1}`, `127.0.${at + 1}.${i + 1}`)),
      );
      const history = (owner: string) => createNameHistory(owner, answerOf(all), () => performance.now());
      const histories = [history(`${name}.pools.example.com`)];
      if (endpoints === 1) histories.push(history(LOAD_BALANCER));
      return { name, region, endpoints: all, histories };
    }),
  );
}

/** Configures them, and waits until each server answers with all endpoints. */
export async function configure(
  pools: readonly TurningPool[],
  servers: readonly LifeguardProcess[],
): Promise<void> {
  const [api] = servers;
  const monitor = await create(api!, '/monitors', {
    type: 'http',
    expected_codes: '2xx',
    interval: INTERVAL_MS / 1_000,
    timeout: 1,
    retries: 0,
    consecutive_down: CONSECUTIVE_DOWN,
  });
  const ids: string[] = [];
  for (const { name, region, endpoints } of pools) {
    const origins = endpoints.map(({ name: origin, address, port }) => ({ name: origin, address, port }));
    const regions = region === undefined ? {} : { check_regions: [region] };
    ids.push((await create(api!, '/pools', { name, monitor: monitor.id, origins, ...regions })).id);
  }
  const origins = [{ name: 'last', address: FALLBACK_ADDRESS }];
  const fallback = await create(api!, '/pools', { name: 'fallback', origins });
  const last = ids[pools.findIndex(({ histories }) => histories.length > 1)];
  await create(api!, '', { name: LOAD_BALANCER, default_pools: [last], fallback_pool: fallback.id });
  for (const { histories } of pools)
    for (const history of histories)
      if (!(await isAnswered(history, () => servers)))
        throw new Error(`${history.name} is not answered whole`);
}

/** What turns depend on. */
export interface TurnOptions {
  readonly random: Random;
  readonly isOver: () => boolean;
  /** Servers that answer now. */
  readonly servers: () => readonly LifeguardProcess[];
  /** Is told of each notification that has to come, in the order in which those about one thing do. */
  readonly wants: (notice: Notice) => void;
  /** Whether as many notifications about a thing have come as had to. */
  readonly isNotified: (about: string) => boolean;
  readonly wrong: (what: string) => void;
}

/** Lets one endpoint after the other fail and recover until it is over. All are well then. Returns how many turns there were. */
export async function keepTurning(pool: TurningPool, options: TurnOptions): Promise<number> {
  let turns = 0;
  while (!options.isOver()) {
    const endpoint = pool.endpoints[(turns / 2) % pool.endpoints.length]!;
    for (const isWell of [false, true]) await turn(pool, endpoint, isWell, options);
    turns += 2;
  }
  return turns;
}

async function turn(
  pool: TurningPool,
  endpoint: Endpoint,
  isWell: boolean,
  options: TurnOptions,
): Promise<void> {
  const { random, servers, wants, isNotified, wrong } = options;
  const [own, loadBalancer] = pool.histories;
  endpoint.isWell = isWell;
  const answer = answerOf(pool.endpoints.filter((each) => each.isWell));
  const acks = [own!.write(answer)];
  const about = [`origin ${pool.name}/${endpoint.name}`];
  if (loadBalancer !== undefined) {
    acks.push(loadBalancer.write(isWell ? answer : answerOf([{ address: FALLBACK_ADDRESS }])));
    about.push(`pool ${pool.name}`, `load_balancer ${LOAD_BALANCER}`);
  }
  for (const each of about) wants({ about: each, health: isWell ? 'Healthy' : 'Unhealthy' });
  const said = `${endpoint.name} of ${pool.name} is ${isWell ? 'well' : 'down'}`;
  for (const history of pool.histories)
    if (!(await isAnswered(history, servers)))
      wrong(`${history.name} is not answered so after ${SOON_MS / 1_000} s: ${said}`);
  // From now on no server may answer as before.
  for (const ack of acks) ack();
  for (const each of about)
    if (!(await isSoon(async () => isNotified(each))))
      wrong(`not notified after ${SOON_MS / 1_000} s: ${each}, as ${said}`);
  await sleep(random(PAUSE_MS_MAX));
}

/** Whether every server comes to answer the newest state of a name. */
function isAnswered(history: NameHistory, servers: TurnOptions['servers']): Promise<boolean> {
  return isSoon(async () => {
    for (const { dns } of servers()) {
      const [rcode, ...addresses] = (await askNames(dns, [history.name])).get(history.name)!.split(' ');
      if (`${rcode} ${addresses.sort().join(' ')}` !== history.newest) return false;
    }
    return true;
  });
}

async function isSoon(holds: () => Promise<boolean>): Promise<boolean> {
  for (const fromMs = performance.now(); performance.now() - fromMs < SOON_MS; await sleep(LOOK_MS))
    if (await holds()) return true;
  return false;
}

const answerOf = (endpoints: readonly { readonly address: string }[]) =>
  `${Rcode.NOERROR} ${endpoints
    .map(({ address }) => address)
    .sort()
    .join(' ')}`;

async function startEndpoint(name: string, address: string): Promise<Endpoint> {
  const probedMs: number[] = [];
  const server = createServer((_, response) => {
    probedMs.push(performance.now());
    response.writeHead(endpoint.isWell ? 200 : 503).end();
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint: Endpoint = {
    name,
    address,
    port,
    isWell: true,
    probedMs,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return endpoint;
}
