import { nodeImage } from '../../answer/compile/image.ts';
import { type OrdinalZone, poolNode, unreadNode } from '../../answer/compile/nodes.ts';
import type { TableWriter } from '../../answer/table.ts';
import { NameError, parseName, type WireName } from '../../dns/name.ts';
import type { Member } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import { endpointSteeringOf } from '../../pool/steering/endpoint-steering.ts';
import type { ContentsByApex } from '../../zone/alias-loops.ts';
import { OrderedMap } from '../../zone/contents/ordered-map.ts';
import type { PublishedPool, ZoneState } from '../../zone/contents/zone-state.ts';
import { byApex, type Zones } from '../../zone/contents/zones.ts';
import type { Zone } from '../../zone/zone.ts';
import { createChoiceTable, type SteeringSource } from './choice-table.ts';
import type { SerialSource } from './zone-serials.ts';
import { createZoneTable, type NameObserver, type Step } from './zone-table.ts';

/** The state of a pool to publish. Its name is removed where neither `pool` nor `unreadName` is there. */
export interface PoolState {
  readonly id: string;
  readonly pool: Pool | undefined;
  readonly members: readonly Member[];
  /** Addresses of a family that an answer has at the most; absent: ANSWERED_RECORDS_MAX. */
  readonly addressesMax?: number;
  /** The name of a pool of which nothing else is known; absent: the pool is known, or is removed. */
  readonly unreadName?: string | undefined;
}

/** Writes zones and pools into a table and numbers the generations. */
export interface Publisher {
  /** Publishes the present state of these pools, and the zones, at this revision, as one more generation. */
  publish(pools: Iterable<PoolState>, revision: number): void;
  /**
   * The same in steps, between which other work goes on: begins a generation and returns the steps of its first part,
   * which must be run to the end; `write` then adds pools to it, and `end` publishes it. Each pool is visible as soon
   * as it is written. Names that pools left are removed at the end.
   */
  begin(revision: number): Iterable<Step>;
  write(pool: PoolState): void;
  end(): void;
  /** Makes these the zones from the next generation on. */
  setZones(zones: Zones): void;
  /** The zones of the newest generation. They never change, so a caller may keep them. */
  states(): Iterable<ZoneState>;
  /** Their contents, by the keys of their apexes. */
  readonly contents: ContentsByApex;
  /** The zones in the table, with their ordinals. */
  readonly inTable: Iterable<OrdinalZone>;
  /** The lists of pools that load balancers order by latency. */
  byLatency(): Iterable<readonly string[]>;
  /**
   * Has the load balancers laid out again, with the next generation, whose lists have another order of latency now. One load
   * balancer a step; the last step returns whether there are any.
   */
  reorder(): Generator<void, boolean>;
  /** Has all load balancers laid out again with the next generation, by what they steer by now. */
  layAgain(): void;
  /** true: zones were set, or load balancers are to be laid out again, that no generation has yet. */
  readonly isBehind: boolean;
  /** The newest generation; 0: nothing was published yet. */
  readonly generation: number;
  /** The revision of the newest generation; -1: nothing was published yet. */
  readonly revision: number;
}

/**
 * Creates a publisher of these zones, which writes nothing before its first publish. For a pool that cannot be laid
 * out, which is a bug, it calls `failed`, and the pool keeps its answer. All others are published, and it calls
 * `updated`. Unless `serials` are given, the serial of each zone is the revision.
 * `steering`: what load balancers steer by; absent: they answer nothing. `observer`: who learns of names that are not answered as their zones say.
 */
export function createPublisher(
  zones: readonly Zone[],
  table: TableWriter,
  failed: (poolName: string, error: unknown) => void,
  updated: (poolName: string) => void = () => {},
  serials?: SerialSource,
  steering?: SteeringSource,
  observer?: NameObserver,
): Publisher {
  const choices = steering && createChoiceTable(table, steering, failed);
  const zoneTable = createZoneTable(table, choices, observer);
  /** The label of each published pool, by its id, and what is at each of these labels. */
  const labels = new Map<string, string>();
  let pools = OrderedMap.of<PublishedPool>();
  /** Labels that pools left in this generation, and labels that pools of it have. */
  const left = new Set<string>();
  const taken = new Set<string>();
  let wanted: Zones | undefined = byApex(zones);
  /** Names to be written once more, as their load balancers would be laid out otherwise now. */
  let outOfOrder: WireName[] = [];
  /** TTL of pools in one of the zones where they appear. */
  let usualTtlSeconds: number | undefined;
  let generation = 0;
  let revision = -1;
  const numbering = serials ?? {
    serialOf: () => revision,
    get least() {
      return revision;
    },
    get leastWithPools() {
      return revision;
    },
  };

  /** Writes a pool. Returns false where that failed. */
  function attempt(
    { name, members, endpointSteering, isUnread }: PublishedPool,
    addressesMax: number | undefined,
  ): boolean {
    try {
      const how = { usualTtlSeconds, steering: endpointSteering, addressesMax };
      const node = isUnread ? unreadNode(name) : poolNode(name, members, how);
      const counted = observer?.counted?.take('pool', name.toLowerCase(), name);
      table.setPool(nodeImage({ ...node, counted }));
      return true;
    } catch (error) {
      failed(name, error);
      return false;
    }
  }

  function* begin(next: number): Iterable<Step> {
    revision = next;
    zoneTable.noteSerials(numbering);
    const changing = wanted;
    wanted = undefined;
    if (changing !== undefined) {
      yield* zoneTable.change(changing, numbering);
      usualTtlSeconds = zoneTable.poolTtlSeconds;
    }
    const again = outOfOrder;
    outOfOrder = [];
    yield* zoneTable.rewrite(again);
  }

  function* reorder(): Generator<void, boolean> {
    const found: WireName[] = [];
    for (const name of choices?.outOfOrder() ?? []) {
      if (name !== undefined) found.push(name);
      yield;
    }
    outOfOrder = found;
    return found.length > 0;
  }

  function write({ id, pool, members, addressesMax, unreadName }: PoolState): void {
    choices?.write(id);
    const was = labels.get(id);
    const name = pool?.enabled ? pool.name : unreadName;
    const label = name?.toLowerCase();
    if (was !== undefined && was !== label) left.add(was);
    if (name === undefined || label === undefined) {
      labels.delete(id);
      return;
    }
    if (was !== label) labels.set(id, label);
    taken.add(label);
    const written = {
      name,
      members,
      ...(pool === undefined ? { isUnread: true } : { endpointSteering: endpointSteeringOf(pool) }),
    };
    pools = pools.with(label, written);
    if (attempt(written, addressesMax)) updated(name);
  }

  function removePool(label: string): void {
    let name: WireName;
    try {
      name = parseName(label);
    } catch (error) {
      // What is no name was never published.
      if (error instanceof NameError) return;
      throw error;
    }
    table.removePool(name);
  }

  function end(): void {
    // A name that moves from one pool to another is replaced, and never absent in between.
    for (const label of left) {
      if (taken.has(label)) continue;
      pools = pools.without(label);
      removePool(label);
      observer?.counted?.free('pool', label);
    }
    left.clear();
    taken.clear();
    zoneTable.showSerials();
    generation += 1;
    table.publish(generation);
  }

  return {
    publish(states, next) {
      for (const _ of begin(next));
      for (const state of states) write(state);
      end();
    },
    begin,
    write,
    end,
    setZones(next) {
      wanted = next;
    },
    *states() {
      for (const { contents, serial } of zoneTable.zones) yield { contents, serial, pools };
    },
    get contents() {
      return zoneTable.byApex;
    },
    get inTable() {
      return zoneTable.zones;
    },
    byLatency: () => choices?.byLatency() ?? [],
    reorder,
    layAgain() {
      outOfOrder = [...(choices?.names() ?? [])];
    },
    get isBehind() {
      return wanted !== undefined || outOfOrder.length > 0;
    },
    get generation() {
      return generation;
    },
    get revision() {
      return revision;
    },
  };
}
