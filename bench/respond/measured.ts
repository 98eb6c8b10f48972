import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Responder } from '../../src/answer/respond.ts';
import { UDP_OCTETS_MAX } from '../../src/dns/edns.ts';
import { addressesOf } from '../dns/names.ts';
import { lifeguardPool } from '../dns/peers/lifeguard-pool.ts';
import { choiceOf, LOAD_BALANCERS, NETWORKS_OF_CLIENTS } from './load-balancers.ts';

/** Any but 0: where the sequence that rotates records starts. */
const SEED = 1;

/** A query among the octets of all queries, as a batch of a thread has them. */
export interface Packet {
  readonly at: number;
  readonly octets: number;
}

/** The responder of a tree, with a table of its own. */
export interface MeasuredResponder {
  readonly name: string;
  /** Answers a query of the client that was set last; returns the octets of the answer. */
  respond(packet: Packet): number;
  setClient(address: readonly number[]): void;
}

/** The commit of a tree. */
export function commitOf(tree: string): string {
  return execFileSync('git', ['-C', tree, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}

/**
 * Makes the responder of a tree and a table with so many pools and some load balancers, as a node makes them by the configuration in config/.
 * `queries`: where all queries are. `share`: of the queries that the query log copies; 0: it is off.
 */
export async function openResponder(
  name: string,
  tree: string,
  pools: number,
  queries: Uint8Array,
  share = 0,
): Promise<MeasuredResponder> {
  const load = <Exports>(file: string) => import(join(tree, 'src', file)) as Promise<Exports>;
  const { newCounters } = await load<typeof import('../../src/answer/counters.ts')>('answer/counters.ts');
  const { newExchange, Transport } =
    await load<typeof import('../../src/answer/exchange.ts')>('answer/exchange.ts');
  const { openTable } = await load<typeof import('../../src/answer/reader.ts')>('answer/reader.ts');
  const { createResponder } = await load<typeof import('../../src/answer/respond.ts')>('answer/respond.ts');
  const { createTable } = await load<typeof import('../../src/answer/table.ts')>('answer/table.ts');
  const { loadConfig } =
    await load<typeof import('../../src/config/source/load.ts')>('config/source/load.ts');
  const { createPublisher } = await load<typeof import('../../src/serve/publish/publisher.ts')>(
    'serve/publish/publisher.ts',
  );
  const { createLocator } = await load<typeof import('../../src/place/locator.ts')>('place/locator.ts');
  const { planOf } = await load<typeof import('../../src/load-balancer/steering/plan.ts')>(
    'load-balancer/steering/plan.ts',
  );
  const { steeredSets, withSteered } =
    await load<typeof import('../../src/zone/steered.ts')>('zone/steered.ts');
  const { responderSettings } = await load<typeof import('../../src/serve/settings.ts')>('serve/settings.ts');
  const loaded = loadConfig({ env: {} });
  if (!loaded.ok) throw new Error(`the configuration in config/ of ${tree} is not valid`);
  const { zones, dns } = loaded.config;
  const table = createTable();
  const states = Array.from({ length: pools }, (_, i) => {
    const pool = lifeguardPool(i);
    return { id: pool.id, pool, members: addressesOf(i).map((address) => ({ address, weight: 1 })) };
  });
  const failed = (_: string, error: unknown): never => {
    throw error;
  };
  table.setLocator(createLocator({ databases: [], networks: NETWORKS_OF_CLIENTS }).memory);
  const sets = LOAD_BALANCERS.flatMap((each) => steeredSets(planOf(each)));
  const steered = zones.map((zone, i) => (i === 0 ? withSteered(zone, sets) : zone));
  const source = { node: {}, byLatency: (ids: readonly string[]) => ids, choiceOf, failed };
  createPublisher(steered, table, failed, undefined, undefined, source).publish(states, 1);
  const settings = responderSettings(dns, new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { rateLimit } = settings;
  // Who is over the limit is counted as such, and answered.
  const lenient =
    rateLimit === undefined ? settings : { ...settings, rateLimit: { ...rateLimit, isDryRun: true } };
  const counters = newCounters();
  const plain = createResponder({ table: openTable(table.buffers), settings: lenient, seed: SEED, counters });
  // As a thread has it; trees of before have no such file.
  const { responder, drain } = existsSync(join(tree, 'src/answer/sample'))
    ? await observe(load, plain, counters, share)
    : { responder: plain, drain: () => undefined };
  const exchange = newExchange(Transport.UDP);
  exchange.query = queries;
  exchange.reply = new Uint8Array(UDP_OCTETS_MAX);
  return {
    name,
    respond({ at, octets }) {
      exchange.queryAt = at;
      exchange.queryOctets = octets;
      return responder.respond(exchange);
    },
    setClient(address) {
      drain();
      exchange.peer.set(address);
    },
  };
}

/** Times and copies what a responder answers, as a thread does. `drain` takes the copies out. */
async function observe(
  load: <Exports>(file: string) => Promise<Exports>,
  plain: Responder,
  counters: Float64Array,
  share: number,
): Promise<{ responder: Responder; drain(): void }> {
  const { observed } =
    await load<typeof import('../../src/answer/sample/observed.ts')>('answer/sample/observed.ts');
  const { newRing, openRingReader } =
    await load<typeof import('../../src/answer/sample/ring.ts')>('answer/sample/ring.ts');
  const ring = newRing();
  const reader = openRingReader(ring, () => performance.now());
  return {
    responder: observed(plain, share === 0 ? undefined : { ring, share }, counters, SEED),
    drain() {
      while (reader.next() !== undefined);
    },
  };
}

/** Nanoseconds by the clock of each of so many calls, the packets in turn from the one at `first` on. */
export function nsOf(
  packets: readonly Packet[],
  first: number,
  calls: number,
  call: (packet: Packet) => number,
): number {
  let octets = 0;
  let next = first;
  const before = process.hrtime.bigint();
  for (let i = 0; i < calls; i += 1) {
    octets += call(packets[next]!);
    next = next + 1 === packets.length ? 0 : next + 1;
  }
  const ns = Number(process.hrtime.bigint() - before);
  // What is looked at cannot be optimised away.
  if (octets === 0) throw new Error('silence');
  return ns / calls;
}
