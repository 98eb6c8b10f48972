import type { Upkeep } from '../store/contract/upkeep.ts';
import { countText, describeDamage } from '../store/integrity/damage.ts';
import type { Logger } from './logger.ts';

/** Time for which damaged records are gathered before one line logs them, milliseconds. */
const GATHER_MS = 1_000;
/** Maximum of damaged records that one line names. */
const NAMED_MAX = 10;

/** Logs each damaged record of the store once. Call the returned function to end that. */
export function logDamage({ damage }: Pick<Upkeep, 'damage'>, log: Logger): () => void {
  if (damage === undefined) return () => {};
  let known = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  function say(): void {
    timer = undefined;
    const fresh = [...damage!.records].filter(([name]) => !known.has(name));
    known = new Set(damage!.records.keys());
    if (fresh.length === 0) return;
    const records = fresh.slice(0, NAMED_MAX).map(([, record]) => describeDamage(record));
    log.error(
      { records, count: countText(damage!.count) },
      'The store has damaged records. The monitor sets them aside; "lifeguard store check" lists them.',
    );
  }

  const unwatch = damage.watch(() => {
    timer ??= setTimeout(say, GATHER_MS).unref();
  });
  return () => {
    unwatch();
    clearTimeout(timer);
  };
}
