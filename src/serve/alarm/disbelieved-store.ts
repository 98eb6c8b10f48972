import type { Alarm } from '../../event/event.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Disbelief } from '../../store/integrity/belief.ts';
import type { Configuration } from '../../store/store.ts';
import { ALARM_POOLS_MAX, type Alarms } from './alarms.ts';

/** How often the log says that the store is not believed. */
const REPEAT_MS = 60_000;

const ALARM_FOR: Readonly<Record<Disbelief['kind'], { readonly alarm: Alarm; readonly about: string }>> = {
  // Apart from records that are set aside, which are named one by one.
  damaged: { alarm: 'store_damaged', about: 'loss' },
  set_back: { alarm: 'store_set_back', about: '' },
  emptied: { alarm: 'store_emptied', about: '' },
};

/** Says that the store has what is not served, and that it is believed again. */
export interface DisbelievedStore {
  /** The store is this, while these pools of this revision are served. */
  found(disbelief: Disbelief, store: Configuration, pools: Iterable<Pool>, revision: number): void;
  /** The store is of this revision, and what is served. */
  over(revision: number): void;
  /** Why the store is not served, in a sentence without a final stop; undefined: it is. */
  readonly why: string | undefined;
  /** The store went back in time, or is another. */
  readonly isSetBack: boolean;
}

/** Creates the log of a store that is believed. `now`: milliseconds of a clock that does not jump. */
export function createDisbelievedStore(alarms: Alarms, now: () => number): DisbelievedStore {
  /** What was said last, and when; undefined: the store is believed. */
  let said: { readonly disbelief: Disbelief; readonly ms: number } | undefined;

  function end(revision: number): void {
    if (said === undefined) return;
    const { alarm, about } = ALARM_FOR[said.disbelief.kind];
    alarms.end(alarm, about, { revision });
    said = undefined;
  }

  return {
    found(disbelief, { epoch, revision: stored }, pools, revision) {
      const { kind, why } = disbelief;
      const isSame = said?.disbelief.kind === kind && said.disbelief.why === why;
      if (isSame && now() - said!.ms < REPEAT_MS) return;
      if (said !== undefined && said.disbelief.kind !== kind) end(stored);
      said = { disbelief, ms: now() };
      const names = [...Iterator.from(pools).take(ALARM_POOLS_MAX)].map(({ name }) => name);
      alarms.raise(
        { ...ALARM_FOR[kind], pools: names },
        `${why}; revision ${revision} of what it had is served`,
        { why, epoch, stored, served: revision },
      );
    },
    over: end,
    get isSetBack() {
      return said?.disbelief.kind === 'set_back';
    },
    get why() {
      return said && `${ALARM_WORDS[said.disbelief.kind]}: ${said.disbelief.why}`;
    },
  };
}

const ALARM_WORDS: Readonly<Record<Disbelief['kind'], string>> = {
  damaged: 'The store is damaged',
  set_back: 'The store went back in time, or is another',
  emptied: 'The store was emptied',
};
