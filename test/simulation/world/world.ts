import { join } from 'node:path';
import type { HealthPolicy } from '../../../src/config/health.ts';
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
  /** What its configuration says. */
  policy: HealthPolicy;
  /** A new process takes over from it. */
  isBeingReplaced: boolean;
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
  /** Since when the store may lack commits that nodes have seen; undefined: it has all, or was adopted. */
  setBackMs: number | undefined;
  /** Nodes that were replaced, and failovers that undid commits, so far. */
  replaced: number;
  undone: number;
  /** A node has read its configuration anew. */
  hasReloaded: boolean;
  startWorker(region: string): void;
  crashWorker(worker: SimulatedWorker): void;
  /** Starts a node again after a crash; `withStore`: its link is up. */
  restartNode(place: SimulatedNode, withStore: boolean): void;
  /** Puts a new process in the place of a node, which answers until that one does; then calls back. */
  replaceNode(place: SimulatedNode, replaced: () => void): void;
  /** Milliseconds since the epoch, by the wall clock of a node. */
  epochMs(place: SimulatedNode): number;
  /** Takes a link down until the returned function is called; it may be down for several reasons. */
  block(link: Link): () => void;
  links(): Link[];
}

/** Pause between two looks whether a process can take over from another. */
const HAND_OVER_MS = 10;
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
  /** Those of processes that are about to take over from another. */
  const opening = new Set<Link>();
  const linkOf = (process: Process) => openLink(time, server, process, witness);
  const administration = time.process('administrator');
  const administrator = createAdministrator(plan, linkOf(administration).store, time, fault);

  type Place = Pick<SimulatedNode, 'name' | 'file' | 'policy' | 'lastHealthy'>;
  function openNode({ name, file, policy, lastHealthy }: Place, isUp: boolean, skewMs = 0) {
    const process = time.process(name, skewMs);
    const link = linkOf(process);
    if (!isUp) link.setUp(false);
    const node = time.within(process, () =>
      startNode({
        store: link.store,
        file,
        name,
        plan,
        policy,
        lastHealthy,
        receiver: (id) => receiver.destination(process, id),
        fault,
      }),
    );
    return { process, link, node, file };
  }

  /** A file for the next process of a node, as the last one leaves its own. */
  function nextFile(place: SimulatedNode): string {
    const file = join(directory, `${plan.seed}-${place.name}-${++place.starts}.db`);
    copyAfterCrash(place.file, file);
    return file;
  }

  async function replace(place: SimulatedNode, replaced: () => void): Promise<void> {
    const { process: old, node, link } = place;
    place.isBeingReplaced = true;
    const isGone = () => place.process !== old;
    const again = (body: () => void) => time.after(HAND_OVER_MS, body);
    await time.within(old, () => node.release());
    const open = () => {
      if (isGone()) return;
      // Both are on one machine: where one cannot reach the store, the other cannot.
      if (!link.isUp || old.state === 'paused') return again(open);
      const next = openNode({ ...place, file: nextFile(place) }, true, old.skewMs);
      opening.add(next.link);
      const takeOver = () => {
        if (!isGone() && !next.node.refresh.isReady) return again(takeOver);
        opening.delete(next.link);
        if (isGone()) {
          time.kill(next.process);
          next.link.setUp(false);
          return;
        }
        time.kill(old);
        link.setUp(false);
        Object.assign(place, next, { isBeingReplaced: false });
        world.replaced++;
        replaced();
      };
      takeOver();
    };
    open();
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
      const file = join(directory, `${plan.seed}-${name}-1.db`);
      const place = { name, file, policy: plan.policies[0]!, lastHealthy: new Map() };
      return { ...place, starts: 1, isBeingReplaced: false, ...openNode(place, true) };
    }),
    disturbedMs: 0,
    unheardMs: 0,
    isEmptied: false,
    setBackMs: undefined,
    replaced: 0,
    undone: 0,
    hasReloaded: false,
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
            publishesContradictions: plan.policies.some((each) => each.turningTtlSeconds !== undefined),
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
      const next = openNode({ ...place, file: nextFile(place) }, withStore, place.process.skewMs);
      Object.assign(place, next, { isBeingReplaced: false });
    },
    replaceNode(place, replaced) {
      if (!place.isBeingReplaced && place.process.state === 'running') replace(place, replaced).catch(fault);
    },
    epochMs: ({ process }) => BEGINNING_MS + time.nowMs + process.skewMs,
    block(link) {
      blocks.set(link, (blocks.get(link) ?? 0) + 1);
      link.setUp(false);
      return () => {
        const left = blocks.get(link)! - 1;
        blocks.set(link, left);
        const isKilled = !world.links().includes(link);
        if (left === 0 && !isKilled) link.setUp(true);
      };
    },
    links: () => [...[...workers, ...world.nodes].map(({ link }) => link), ...opening],
  };
  time.within(administration, () => administrator.putAll());
  for (const region of regions) for (let i = 0; i < plan.workersPerRegion; i++) world.startWorker(region);
  return world;
}
