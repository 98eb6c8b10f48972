import { randomUUID } from 'node:crypto';
import { cpSync, existsSync } from 'node:fs';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import type { HealthPolicy } from '../../../src/config/health.ts';
import { startDelivering } from '../../../src/notify/deliver.ts';
import type { Destination } from '../../../src/notify/destination.ts';
import type { Member } from '../../../src/pool/members.ts';
import { type Refresh, startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher, type PoolState, type Publisher } from '../../../src/serve/publish/publisher.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import { startEventReporter } from '../../../src/serve/report/event-reporter.ts';
import { type Leadership, startLeadership } from '../../../src/serve/report/leadership.ts';
import { openLastGood } from '../../../src/store/last-good/last-good.ts';
import type { Store } from '../../../src/store/store.ts';
import { asking } from '../../answer/answering.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import type { Plan } from '../plan.ts';
import { REGIONS } from '../setting.ts';

const ZONE = zoneFile('example.org', '@ 60 NS ns1.example.net.', { pools: 'pools' });
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A DNS node without its sockets: it follows the store, and answers with octets from its table. */
export interface DnsNode {
  readonly refresh: Refresh;
  readonly leadership: Leadership;
  readonly generation: number;
  /** The revision that is answered from; -1: none yet. */
  readonly serial: number;
  /** The addresses a pool's name is answered with, in order; what is no NOERROR answer is an rcode. */
  ask(pool: string): readonly string[] | number;
  /** The addresses a load balancer's name is answered with, in order; what is no NOERROR answer is an rcode. */
  askLoadBalancer(name: string): readonly string[] | number;
  /** TTL of that answer; undefined: it has no record. */
  ttlOf(pool: string): number | undefined;
  /** Weights of the members. */
  weightsOf(pool: string): readonly number[];
  /** Makes verdicts by another policy from now on. */
  usePolicy(policy: HealthPolicy): void;
  /** Stops all but the answers, which stay as they are, and lets go of its file. */
  release(): Promise<void>;
}

/** What startNode works with. */
export interface NodeOptions {
  readonly store: Store;
  /** It keeps its last good state in it. */
  readonly file: string;
  readonly name: string;
  readonly plan: Plan;
  readonly policy: HealthPolicy;
  /** The last healthy endpoints of pools, which stand for the file of them; a node that starts again knows them. */
  readonly lastHealthy: Map<string, ReadonlySet<string>>;
  /** Who is notified by the node of this id. */
  readonly receiver: (node: string) => Destination;
  /** Told of what must not happen. */
  readonly fault: (error: unknown) => void;
}

/** Draws of an answer of which one member at a time is given. */
const DRAWS = 8;

/** Starts a node. The first one is in the first region, the others nowhere. */
export function startNode(options: NodeOptions): DnsNode {
  const { store, file, name, plan, policy, lastHealthy, receiver, fault } = options;
  const { probersPerRegion } = plan;
  const region = regionOf(name);
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const { ask } = asking(reader);
  const failed = (_name: string, error: unknown) => fault(error);
  const zones = createServedZones([ZONE]);
  const publisher = createPublisher([ZONE], table, failed, undefined, zones, {
    ...{ node: {}, byLatency: (pools) => pools, failed },
    choiceOf: (id) => refresh.choiceOf(id),
  });
  const written = new Map<string, readonly Member[]>();
  const noting: Publisher = Object.create(publisher, {
    write: {
      value(pool: PoolState) {
        written.set(pool.pool?.name ?? '', pool.members);
        publisher.write(pool);
      },
    },
  });
  const lastGood = openLastGood(file, fault);
  const refresh = startRefresh({
    store,
    publisher: noting,
    zones,
    lastHealthy: {
      known: new Map(lastHealthy),
      changed(all) {
        lastHealthy.clear();
        for (const [pool, endpoints] of all) lastHealthy.set(pool, endpoints);
      },
    },
    log: SILENT,
    probersPerRegion,
    lastGood,
    policy,
    ...(region !== undefined && { region }),
  });
  const node = randomUUID();
  const leadership = startLeadership({ store, node, log: SILENT });
  const reporter = startEventReporter({ store, leadership, refresh, log: SILENT });
  const delivering = startDelivering(receiver(node), {
    store,
    lead: () => leadership.lead,
    log: SILENT,
    alarms: refresh.alarms,
  });
  return {
    refresh,
    leadership,
    get generation() {
      return publisher.generation;
    },
    get serial() {
      return publisher.revision;
    },
    ask(pool) {
      const { rcode, answer } = ask({ name: `${pool}.pools.example.org` });
      if (rcode !== 0) return rcode;
      const members = written.get(pool) ?? [];
      const addresses = (records: typeof answer) => records.map(({ line }) => line.split(' ').at(-1)!);
      if (members.every(({ weight }) => weight === members[0]!.weight)) return addresses(answer).sort();
      const all = members.map(({ address }) => address).sort();
      for (let draw = 0; draw < DRAWS; draw++) {
        const [drawn, ...others] = addresses(ask({ name: `${pool}.pools.example.org` }).answer);
        if (others.length > 0 || !all.includes(drawn!))
          fault(new Error(`${drawn}, ${others} is no draw of ${all}`));
      }
      return all;
    },
    askLoadBalancer(name) {
      const { rcode, answer } = ask({ name });
      return rcode === 0 ? answer.map(({ line }) => line.split(' ').at(-1)!).sort() : rcode;
    },
    ttlOf(pool) {
      const [record] = ask({ name: `${pool}.pools.example.org` }).answer;
      return record?.ttlSeconds;
    },
    weightsOf: (pool) => (written.get(pool) ?? []).map(({ weight }) => weight),
    usePolicy(next) {
      refresh.useSettings({ policy: next, answerAddressesMax: refresh.addressesMax, zones: [ZONE] });
      refresh.publishSoon();
    },
    async release() {
      await Promise.all([reporter.stop(), delivering.stop()]);
      await leadership.stop();
      await refresh.stop();
      lastGood.close();
    },
  };
}

/** Where a node of this name stands; undefined: nowhere. */
export function regionOf(name: string): string | undefined {
  return name === 'node0' ? REGIONS[0] : undefined;
}

/** What is on disk at this moment, as a crash leaves it, under another name: the file itself may still be open. */
export function copyAfterCrash(file: string, to: string): void {
  for (const part of ['', '-wal']) if (existsSync(`${file}${part}`)) cpSync(`${file}${part}`, `${to}${part}`);
}
