import { ALARM_POOLS_MAX } from '../../event/alarm.ts';
import { StoreUnavailable } from '../../store/contract/failure.ts';
import type { Upkeep } from '../../store/contract/upkeep.ts';
import { countText, describeDamage } from '../../store/integrity/damage.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';
import type { Alarms } from './alarms.ts';

/** Time for which damaged records are gathered before the alarm is raised, and between two additions to it, milliseconds. */
export const DAMAGE_GATHER_MS = 100;
export const DAMAGE_AGAIN_MS = 10_000;
/** Pause between two examinations of a damaged store, milliseconds; longer where the examination takes long. */
export const EXAMINE_MS = 5_000;
const EXAMINE_REST_FACTOR = 30;
/** Maximum of damaged records that the alarm names. */
export const DAMAGED_NAMED_MAX = 10;

/** Dependencies of watchDamage. */
export interface DamagedStoreOptions {
  readonly store: Pick<Upkeep, 'damage' | 'examine'>;
  readonly alarms: Alarms;
  readonly log: Logger;
  /** Returns the name of the pool with this id; undefined: there is none. */
  readonly poolNamed: (id: string) => string | undefined;
  /** Called when other records are damaged than before: the store may be readable again. */
  readonly changed: () => void;
}

/** Raises the alarm `store_damaged` while the store has records that cannot be read. */
export interface DamagedStore {
  stop(): void;
}

/** Watches the damaged records that the store meets. While there are any, it examines the store repeatedly, to notice the end. */
export function watchDamage({ store, alarms, log, poolNamed, changed }: DamagedStoreOptions): DamagedStore {
  const { damage, examine } = store;
  if (damage === undefined || examine === undefined) return { stop() {} };
  const repeats = createRepeats();
  let isRaised = false;
  let saying: NodeJS.Timeout | undefined;
  let examining: NodeJS.Timeout | undefined;
  let isStopped = false;

  function say(): void {
    saying = undefined;
    const { count } = damage!;
    if (count === 0) {
      if (isRaised) alarms.end('store_damaged', '', {});
      isRaised = false;
      return;
    }
    const first = Iterator.from(damage!.records.values()).take(DAMAGED_NAMED_MAX).toArray();
    const records = first.map(describeDamage);
    const more = count - records.length;
    const pools = first.flatMap(({ key }) => poolNamed(key.replace(/^pool\//, '')) ?? []);
    alarms.raise(
      { alarm: 'store_damaged', about: '', pools: pools.slice(0, ALARM_POOLS_MAX) },
      `${records.join('; ')}${more > 0 ? `; ${countText(count)} in all` : ''}`,
      { records, count: countText(count) },
    );
    isRaised = true;
    examineAfter(EXAMINE_MS);
  }

  function examineAfter(ms: number): void {
    if (!isStopped) examining ??= setTimeout(() => void examineNow(), ms).unref();
  }

  async function examineNow(): Promise<void> {
    const before = new Set(damage!.records.keys());
    const fromMs = performance.now();
    try {
      await damage!.examine((found) => store.examine!(found));
      if (!isStopped && [...before].some((name) => !damage!.records.has(name))) changed();
    } catch (err) {
      // The follower logs that the store is away.
      const unsaid = err instanceof StoreUnavailable ? undefined : repeats.due(String(err));
      if (unsaid !== undefined)
        log.error({ err, unsaid }, 'Cannot examine the store. Lifeguard tries again.');
    }
    examining = undefined;
    if (damage!.count > 0)
      examineAfter(Math.max(EXAMINE_MS, EXAMINE_REST_FACTOR * (performance.now() - fromMs)));
  }

  const look = () => {
    if (isStopped) return;
    const isOver = damage.count === 0;
    saying ??= setTimeout(say, isRaised && !isOver ? DAMAGE_AGAIN_MS : DAMAGE_GATHER_MS).unref();
  };
  const unwatch = damage.watch(look);
  if (damage.count > 0) look();
  return {
    stop() {
      isStopped = true;
      unwatch();
      clearTimeout(saying);
      clearTimeout(examining);
    },
  };
}
