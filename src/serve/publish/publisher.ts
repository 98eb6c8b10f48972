import { type OrdinalZone, poolNode, poolOwner } from '../../answer/compile.ts';
import { nodeImage } from '../../answer/image.ts';
import type { TableWriter } from '../../answer/table.ts';
import type { Member } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Zone } from '../../zone/zone.ts';
import { createZoneTable } from './zone-table.ts';

/** What of a pool is published: undefined members mean that its name must go. */
export interface PoolState {
  readonly id: string;
  readonly pool: Pool | undefined;
  readonly members: readonly Member[];
}

/** Writes zones and pools into a table and numbers the generations. */
export interface Publisher {
  /** Publishes the present state of these pools, and the zones under this serial, as one more generation. */
  publish(pools: Iterable<PoolState>, serial: number): void;
  /**
   * The same in steps, between which others may work: begins a generation with the zones under this serial, `write`
   * adds pools to it, and `end` publishes it. Each pool is seen as soon as it is written; a name that pools left goes
   * in the end.
   */
  begin(serial: number): void;
  write(pool: PoolState): void;
  end(): void;
  /** Makes these the zones from the next generation on, which must have every pool. */
  setZones(zones: readonly Zone[]): void;
  /** Whether zones were set that no generation has yet. */
  readonly hasNewZones: boolean;
  /** The newest generation; 0: nothing was published yet. */
  readonly generation: number;
  readonly serial: number;
}

/**
 * A publisher of these zones, which writes nothing before its first publish. A pool that cannot be laid out, which is a
 * fault of ours, is told to `failed` and keeps the answer it had; all others are published, and told to `updated`.
 */
export function createPublisher(
  zones: readonly Zone[],
  table: TableWriter,
  failed: (poolName: string, error: unknown) => void,
  updated: (poolName: string) => void = () => {},
): Publisher {
  const zoneTable = createZoneTable(table);
  /** The name each published pool answers under now. */
  const names = new Map<string, string>();
  /** Names that pools left in this generation, and names that pools of it have. */
  const left = new Set<string>();
  const taken = new Set<string>();
  let withPools: OrdinalZone[] = [];
  let wanted: readonly Zone[] | undefined = zones;
  let generation = 0;
  let serial = -1;

  /** Whether it went well. */
  function attempt(poolName: string, write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      failed(poolName, error);
      return false;
    }
  }

  function begin(next: number): void {
    if (wanted !== undefined) zoneTable.setZones(wanted, next, names.values());
    wanted = undefined;
    if (serial !== next) zoneTable.setSerial(next);
    serial = next;
    withPools = zoneTable.zones.filter(({ zone }) => zone.pools !== undefined);
  }

  function write({ id, pool, members }: PoolState): void {
    const was = names.get(id);
    const name = pool?.enabled ? pool.name.toLowerCase() : undefined;
    if (was !== undefined && was !== name) left.add(was);
    if (pool === undefined || name === undefined) {
      names.delete(id);
      return;
    }
    names.set(id, name);
    taken.add(name);
    let isWhole = true;
    for (const zone of withPools)
      isWhole = attempt(pool.name, () => table.put(nodeImage(poolNode(zone, pool.name, members)))) && isWhole;
    if (isWhole) updated(pool.name);
  }

  function end(): void {
    // A name that passes from one pool to another is replaced, never absent in between.
    for (const name of left)
      if (!taken.has(name))
        for (const { zone } of withPools) attempt(name, () => table.remove(poolOwner(zone, name)));
    left.clear();
    taken.clear();
    generation += 1;
    table.publish(generation);
  }

  return {
    publish(pools, next) {
      begin(next);
      for (const pool of pools) write(pool);
      end();
    },
    begin,
    write,
    end,
    setZones(next) {
      wanted = next;
    },
    get hasNewZones() {
      return wanted !== undefined;
    },
    get generation() {
      return generation;
    },
    get serial() {
      return serial;
    },
  };
}
