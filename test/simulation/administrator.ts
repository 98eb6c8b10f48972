import type { Monitor } from '../../src/pool/monitor.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { type Store, StoreUnavailable, type Write } from '../../src/store/store.ts';
import { makeEndpoint, makeMonitor, makePool } from '../probe/checks.ts';
import type { Plan } from './plan.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Who configures everything, and tries again until it is acknowledged. */
export interface Administrator {
  /** As it is meant to be, in order. */
  readonly pools: readonly Pool[];
  readonly monitor: Monitor;
  /** When a pool's document was last touched: submitted, or acknowledged. */
  touchedMs(pool: string): number;
  /** What was acknowledged is all there is: nothing is under way. */
  readonly isSettled: boolean;
  /** The newest revision that was acknowledged. */
  readonly acknowledged: number;
  put(pool: Pool): void;
  putMonitor(monitor: Monitor): void;
  /** Configures everything anew, in a store that has lost it. */
  putAll(): void;
}

/** Between two attempts. */
const AGAIN_MS = 300;

/** Nothing is configured yet: putAll() does. */
export function createAdministrator(
  plan: Plan,
  store: Store,
  time: VirtualTime,
  fault: (error: unknown) => void,
): Administrator {
  let monitor = makeMonitor({
    intervalSeconds: plan.intervalSeconds,
    timeoutSeconds: plan.timeoutSeconds,
    retries: plan.retries,
    consecutiveDown: plan.consecutiveDown,
    consecutiveUp: plan.consecutiveUp,
  });
  const pools = plan.pools.map((endpoints, at) =>
    makePool({
      id: String(at).padStart(32, '0'),
      name: `pool${at}`,
      endpoints: Array.from({ length: endpoints }, (_, i) =>
        makeEndpoint({ name: `e${i}`, address: `192.0.2.${at * 8 + i + 1}` }),
      ),
    }),
  );
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
    references: [{ kind: 'monitor', id: monitor.id }],
  });
  const monitorWrite = (): Write => ({
    op: 'put',
    kind: 'monitor',
    id: monitor.id,
    value: monitor,
    unique: [],
    references: [],
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
  const everything = () => [monitorWrite(), ...pools.map(writeOf)];
  return {
    pools,
    get monitor() {
      return monitor;
    },
    touchedMs: (pool) => touched.get(pool) ?? -1,
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
    putMonitor(next) {
      monitor = next;
      submit(everything);
    },
    putAll: () => submit(everything),
  };
}
