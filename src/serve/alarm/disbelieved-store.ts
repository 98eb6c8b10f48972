import { ALARM_POOLS_MAX } from '../../event/alarm.ts';
import type { Alarm } from '../../event/event.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Configuration } from '../../store/contract/documents.ts';
import type { Disbelief } from '../../store/integrity/belief.ts';
import type { Alarms } from './alarms.ts';

/** Time between two log lines about a store that is not believed, milliseconds. */
const REPEAT_MS = 60_000;

const ALARM_FOR: Readonly<Record<Disbelief['kind'], { readonly alarm: Alarm; readonly about: string }>> = {
  // Not the same as records that are set aside, which are named one by one.
  damaged: { alarm: 'store_damaged', about: 'loss' },
  set_back: { alarm: 'store_set_back', about: '' },
  emptied: { alarm: 'store_emptied', about: '' },
};

/** Raises the alarms about a store that is not believed. */
export interface DisbelievedStore {
  /** Notes that the store is not believed, while these pools of this revision are served. */
  found(disbelief: Disbelief, store: Configuration, pools: Iterable<Pool>, revision: number): void;
  /** Notes that the store is believed, and served at this revision. */
  over(revision: number): void;
  /** Why the store is not served, in a sentence without a final stop; undefined: it is. */
  readonly why: string | undefined;
  /** true: the store went back in time, or is another. */
  readonly isSetBack: boolean;
}

/** Creates the log of a store that is believed. `monotonicMs`: a clock that never jumps. */
export function createDisbelievedStore(alarms: Alarms, monotonicMs: () => number): DisbelievedStore {
  /** The latest log line and its time; undefined: the store is believed. */
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
      if (isSame && monotonicMs() - said!.ms < REPEAT_MS) return;
      if (said !== undefined && said.disbelief.kind !== kind) end(stored);
      said = { disbelief, ms: monotonicMs() };
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
