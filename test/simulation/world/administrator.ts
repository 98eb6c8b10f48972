import type { Monitor } from '../../../src/check/monitor.ts';
import type { MonitorGroup } from '../../../src/check/monitor-group.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { changeTimesOf, type Override, targetKey } from '../../../src/pool/override.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import type { Write } from '../../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';
import { loadBalancer } from '../../store/contract/samples.ts';
import type { Plan } from '../plan.ts';
import { BEGINNING_MS, type VirtualTime } from './virtual-time.ts';

/** Who configures everything, and tries again until it is acknowledged. */
export interface Administrator {
  /** As it is meant to be, in order. */
  readonly pools: readonly Pool[];
  readonly monitor: Monitor;
  /** Newest last; one for each target. */
  readonly overrides: readonly Override[];
  /**
   * When a pool was last touched: something of it was submitted, or acknowledged, or an override of it began or ended by a wall clock
   * that is so far ahead.
   */
  touchedMs(pool: string, skewMs?: number): number;
  /** What was acknowledged is all there is: nothing is under way. */
  readonly isSettled: boolean;
  /** The newest revision that was acknowledged. */
  readonly acknowledged: number;
  put(pool: Pool): void;
  /** Has all load balancers look at their pools the other way round. */
  turnLoadBalancers(): void;
  /** Changes all monitors. */
  putMonitors(fields: Partial<Monitor>): void;
  putOverride(override: Override): void;
  /** Configures everything anew, in a store that has lost it. */
  putAll(): void;
}

/** Between two attempts. */
const AGAIN_MS = 300;
const idOf = (digit: string, at: number) => `${digit}${String(at).padStart(31, '0')}`;

/** Nothing is configured yet: putAll() does. */
export function createAdministrator(
  plan: Plan,
  store: Store,
  time: VirtualTime,
  fault: (error: unknown) => void,
): Administrator {
  let monitors = [0, 1].map((at) =>
    makeMonitor({
      id: idOf('a', at),
      type: 'icmp_ping',
      intervalSeconds: plan.intervalSeconds,
      timeoutSeconds: plan.timeoutSeconds,
      retries: plan.retries,
      consecutiveDown: plan.consecutiveDown,
      consecutiveUp: plan.consecutiveUp,
    }),
  );
  const addressOf = (number: number, isNamed: boolean) =>
    isNamed ? `h${number}.example.net` : `192.0.2.${number}`;
  const pools = plan.pools.map(({ endpoints, isNamed, group, checkRegions, healthSources }, at) =>
    makePool({
      id: idOf('b', at),
      name: `pool${at}`,
      ...(group ? { monitor: null, monitorGroup: idOf('c', at) } : { monitor: monitors[0]!.id }),
      ...(checkRegions && { checkRegions }),
      ...(healthSources && { healthSources }),
      endpoints: Array.from({ length: endpoints }, (_, i) =>
        makeEndpoint({ name: `e${i}`, address: addressOf(at * 8 + i + 1, isNamed) }),
      ),
    }),
  );
  const groups = plan.pools.flatMap(({ group }, at): MonitorGroup[] => {
    const when = monitors[0]!.createdOn;
    const members = group?.map((say, i) => ({
      ...say,
      monitorId: monitors[i]!.id,
      enabled: true,
      createdAt: when,
      updatedAt: when,
    }));
    return members
      ? [{ id: idOf('c', at), description: '', members, createdOn: when, modifiedOn: when }]
      : [];
  });
  let loadBalancers = plan.loadBalancers.map(({ isReversed, allDown }, at) => {
    const ids = pools.map(({ id }) => id);
    return loadBalancer(idOf('e', at), {
      name: `lb${at}.example.org`,
      defaultPools: isReversed ? ids.reverse() : ids,
      fallbackPool: pools.at(-1)!.id,
      allDown,
    });
  });
  let overrides: readonly Override[] = [];
  const touched = new Map<string, number>();
  let acknowledged = 0;
  let underWay = 0;
  /** One after the other, so that what is meant last is written last. */
  let before: Promise<void> = Promise.resolve();

  const touch = () => {
    for (const { id } of pools) touched.set(id, time.nowMs);
  };
  const writeOf = (pool: Pool): Write => ({
    op: 'put',
    kind: 'pool',
    id: pool.id,
    value: pool,
    unique: [pool.name],
    references: pool.monitorGroup
      ? [{ kind: 'monitor_group', id: pool.monitorGroup }]
      : [{ kind: 'monitor', id: pool.monitor! }],
  });
  const monitorWrite = (value: Monitor): Write => ({
    op: 'put',
    kind: 'monitor',
    id: value.id,
    value,
    unique: [],
    references: [],
  });
  const groupWrite = (value: MonitorGroup): Write => ({
    op: 'put',
    kind: 'monitor_group',
    id: value.id,
    value,
    unique: [],
    references: value.members.map(({ monitorId: id }) => ({ kind: 'monitor', id })),
  });
  const overrideWrite = (value: Override): Write => ({
    op: 'put',
    kind: 'override',
    id: value.id,
    value,
    unique: [targetKey(value)],
    references: [{ kind: 'pool', id: value.pool }],
  });

  const loadBalancerWrite = (value: LoadBalancer): Write => ({
    op: 'put',
    kind: 'load_balancer',
    id: value.id,
    value,
    unique: [value.name],
    references: value.defaultPools.map((id) => ({ kind: 'pool', id })),
  });

  function submit(writes: () => readonly Write[]): void {
    underWay++;
    touch();
    before = before.then(async () => {
      for (;;) {
        try {
          const committed = await store.commit(writes());
          if (!committed.ok) throw new Error(`refused: ${JSON.stringify(committed.refusal)}`);
          acknowledged = committed.revision;
          break;
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) fault(error);
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        }
      }
      underWay--;
      touch();
    });
  }

  // All of it every time: so a change that meets a store that was emptied configures that one, too.
  const everything = () => [
    ...monitors.map(monitorWrite),
    ...groups.map(groupWrite),
    ...pools.map(writeOf),
    ...loadBalancers.map(loadBalancerWrite),
    ...overrides.map(overrideWrite),
  ];
  return {
    pools,
    get monitor() {
      return monitors[0]!;
    },
    get overrides() {
      return overrides;
    },
    touchedMs: (pool, skewMs = 0) =>
      Math.max(
        touched.get(pool) ?? -1,
        ...overrides
          .filter((override) => override.pool === pool)
          .flatMap(changeTimesOf)
          .map((atMs) => atMs - BEGINNING_MS - skewMs)
          .filter((atMs) => atMs <= time.nowMs),
      ),
    get isSettled() {
      return underWay === 0;
    },
    get acknowledged() {
      return acknowledged;
    },
    put(pool) {
      pools[pools.findIndex(({ id }) => id === pool.id)] = pool;
      submit(everything);
    },
    turnLoadBalancers() {
      loadBalancers = loadBalancers.map((each) => ({
        ...each,
        defaultPools: each.defaultPools.toReversed(),
      }));
      submit(everything);
    },
    putMonitors(fields) {
      monitors = monitors.map((monitor) => ({ ...monitor, ...fields }));
      submit(everything);
    },
    putOverride(next) {
      const target = targetKey(next);
      // A second decision about a target replaces the first.
      const known = overrides.find((other) => targetKey(other) === target);
      overrides = [...overrides.filter((other) => other !== known), { ...next, id: known?.id ?? next.id }];
      submit(everything);
    },
    putAll: () => submit(everything),
  };
}
