import { join } from 'node:path';
import { type RunningMonitor, startMonitor } from '../../../src/monitor/monitor.ts';
import { createLeadBook, type LeadBook } from '../judge/lead-book.ts';
import { createLeaseBook, type LeaseBook } from '../judge/lease-book.ts';
import type { Plan } from '../plan.ts';
import { REGIONS } from '../setting.ts';
import { type Administrator, createAdministrator } from './administrator.ts';
import { copyAfterCrash, type DnsNode, startNode } from './dns-node.ts';
import { type Link, openLink, type Witness } from './link.ts';
import { createReceiver, type Receiver } from './receiver.ts';
import { openSimulatedStore, type SimulatedStore } from './store.ts';
import { createSurroundings, REFERENCES, type Surroundings } from './surroundings.ts';
import { BEGINNING_MS, type Process, type VirtualTime } from './virtual-time.ts';

/** A worker process. */
export interface SimulatedWorker {
  readonly region: string;
  readonly process: Process;
  readonly link: Link;
  monitor: RunningMonitor | undefined;
  /** It reaches nothing but the store. */
  isCutOff: boolean;
  /** It was asked to stop. */
  isStopping: boolean;
}

/** The place of a DNS node, which may be started again and again. */
export interface SimulatedNode {
  readonly name: string;
  process: Process;
  link: Link;
  node: DnsNode;
  file: string;
  starts: number;
  /** The last healthy endpoints of pools, as the node keeps them on its disk. */
  readonly lastHealthy: Map<string, ReadonlySet<string>>;
}

/** Everything there is in a history. */
export interface World {
  readonly time: VirtualTime;
  readonly plan: Plan;
  readonly server: SimulatedStore;
  readonly regions: readonly string[];
  readonly surroundings: Surroundings;
  readonly administrator: Administrator;
  readonly leaseBook: LeaseBook;
  readonly leadBook: LeadBook;
  readonly receiver: Receiver;
  /** Those that were not killed. */
  readonly workers: SimulatedWorker[];
  readonly nodes: readonly SimulatedNode[];
  /** When anything but an endpoint or the configuration last changed. */
  disturbedMs: number;
  /** When a node or the store last stood in the way of what is found. */
  unheardMs: number;
  /** The store was emptied, and is not configured again yet. */
  isEmptied: boolean;
  startWorker(region: string): void;
  crashWorker(worker: SimulatedWorker): void;
  /** Starts a node again after a crash; `withStore`: its link is up. */
  restartNode(place: SimulatedNode, withStore: boolean): void;
  /** Takes a link down until the returned function is called; it may be down for several reasons. */
  block(link: Link): () => void;
  links(): Link[];
}

const SILENT = { debug: silent, info: silent, warn: silent, error: silent };
function silent(): void {}

/** Builds the world of a plan and starts everything in it. Faults of the code under test go to `fault`. */
export function createWorld(
  plan: Plan,
  time: VirtualTime,
  directory: string,
  fault: (error: unknown) => void,
): World {
  const server = openSimulatedStore(() => time.nowMs);
  const regions = REGIONS.slice(0, plan.regions);
  const surroundings = createSurroundings(time, regions, (address) => {
    const at = administrator.pools.findIndex(({ endpoints }) =>
      endpoints.some((endpoint) => endpoint.address === address),
    );
    return plan.pools[at]?.group?.length ?? 1;
  });
  const leaseBook = createLeaseBook(() => time.nowMs, fault);
  const leadBook = createLeadBook(() => time.nowMs, fault);
  const receiver = createReceiver(time, leadBook, fault);
  const witness: Witness = (method, args) => {
    const done = [leaseBook, leadBook].map((book) => book.witness(method, args));
    return (result) => {
      for (const each of done) each(result);
    };
  };
  const workers: SimulatedWorker[] = [];
  const blocks = new Map<Link, number>();
  const linkOf = (process: Process) => openLink(time, server, process, witness);
  const administration = time.process('administrator');
  const administrator = createAdministrator(plan, linkOf(administration).store, time, fault);

  function openNode(name: string, file: string, lastHealthy: SimulatedNode['lastHealthy'], isUp: boolean) {
    const process = time.process(name);
    const link = linkOf(process);
    if (!isUp) link.setUp(false);
    const node = time.within(process, () =>
      startNode({
        store: link.store,
        file,
        name,
        plan,
        lastHealthy,
        receiver: (id) => receiver.destination(process, id),
        fault,
      }),
    );
    return { process, link, node, file, lastHealthy };
  }

  const world: World = {
    time,
    plan,
    server,
    regions,
    surroundings,
    administrator,
    leaseBook,
    leadBook,
    receiver,
    workers,
    nodes: Array.from({ length: plan.nodes }, (_, at) => {
      const name = `node${at}`;
      return {
        name,
        starts: 1,
        ...openNode(name, join(directory, `${plan.seed}-${name}-1.db`), new Map(), true),
      };
    }),
    disturbedMs: 0,
    unheardMs: 0,
    isEmptied: false,
    startWorker(region) {
      const process = time.process(`worker${workers.length}`);
      const link = linkOf(process);
      const worker: SimulatedWorker = {
        region,
        process,
        link,
        monitor: undefined,
        isCutOff: false,
        isStopping: false,
      };
      workers.push(worker);
      void time
        .within(process, () =>
          startMonitor({
            store: link.store,
            region,
            log: SILENT,
            probersPerRegion: plan.probersPerRegion,
            probesInFlightMax: 100,
            certificateWarningDays: 0,
            references: REFERENCES,
            epochMs: () => BEGINNING_MS + time.nowMs + process.skewMs,
            publishesContradictions: plan.policy.turningTtlSeconds !== undefined,
            probe: surroundings.probe(region, process, () => worker.isCutOff),
          }),
        )
        .then((monitor) => {
          worker.monitor = monitor;
        }, fault);
    },
    crashWorker(worker) {
      time.kill(worker.process);
      worker.link.setUp(false);
      workers.splice(workers.indexOf(worker), 1);
    },
    restartNode(place, withStore) {
      time.kill(place.process);
      place.link.setUp(false);
      const file = join(directory, `${plan.seed}-${place.name}-${++place.starts}.db`);
      copyAfterCrash(place.file, file);
      Object.assign(place, openNode(place.name, file, place.lastHealthy, withStore));
    },
    block(link) {
      blocks.set(link, (blocks.get(link) ?? 0) + 1);
      link.setUp(false);
      return () => {
        const left = blocks.get(link)! - 1;
        blocks.set(link, left);
        const isKilled = ![...workers, ...world.nodes].some((each) => each.link === link);
        if (left === 0 && !isKilled) link.setUp(true);
      };
    },
    links: () => [...workers, ...world.nodes].map(({ link }) => link),
  };
  time.within(administration, () => administrator.putAll());
  for (const region of regions) for (let i = 0; i < plan.workersPerRegion; i++) world.startWorker(region);
  return world;
}
