import type { Worker } from '../../check/worker.ts';
import { type Store, StoreRefused } from '../../store/store.ts';
import type { Alarms } from './alarms.ts';

/** A refusal of a call that may not be made again soon counts for so long, where other calls are let through. */
export const REFUSAL_KEPT_MS = 12_000;

/** Calls that write. */
const WRITES = [
  'commit',
  'publish',
  'join',
  'renew',
  'lead',
  'renewLead',
  'tell',
  'moveCursor',
  'announce',
  'requestPreview',
  'answerPreview',
] as const satisfies readonly (keyof Store)[];

/** Knows which writes of this process the store refuses. */
export interface StoreRefusals {
  /** The same store, watched. */
  watch(store: Store): Store;
  /** Why the store refuses what this process writes; undefined: it takes all of it, as far as is known. */
  readonly why: string | undefined;
}

/** Creates the knowledge of a store that refused nothing yet. `now`: milliseconds of a clock that does not jump. */
export function createStoreRefusals(now: () => number): StoreRefusals {
  const refused = new Map<string, { readonly why: string; readonly atMs: number }>();
  /** What was said last: of several causes at a time that one is said until it is over. */
  let said: string | undefined;

  /** What is announced every second is taken: whether the rest is, is asked where nobody may ask soon. */
  function announced(store: Store): void {
    if (refused.delete('announce')) refused.clear();
    if (!refused.has('commit')) return;
    store.commit([]).then(
      () => refused.delete('commit'),
      (error: unknown) => note('commit', error),
    );
  }

  function note(name: string, error: unknown): void {
    if (error instanceof StoreRefused) refused.set(name, { why: error.why, atMs: now() });
  }

  function watched<A extends unknown[], R>(
    store: Store,
    name: string,
    call: (...args: A) => Promise<R>,
  ): (...args: A) => Promise<R> {
    return async (...args) => {
      try {
        const result = await call(...args);
        if (name === 'announce') announced(store);
        refused.delete(name);
        return result;
      } catch (error) {
        note(name, error);
        throw error;
      }
    };
  }

  return {
    watch(store) {
      const writes = Object.fromEntries(
        WRITES.map((name) => [name, watched(store, name, store[name].bind(store) as () => Promise<unknown>)]),
      );
      return Object.assign(Object.create(store) as Store, writes);
    },
    get why() {
      for (const [name, { atMs }] of refused) if (now() - atMs >= REFUSAL_KEPT_MS) refused.delete(name);
      const causes = [...refused.values()].map(({ why }) => why);
      if (said === undefined || !causes.includes(said)) said = causes[0];
      return said;
    },
  };
}

/** Raises the alarm about a store that refuses writes: those of this node, and those of workers that say so. */
export interface RefusalsLog {
  look(why: string | undefined, workers: readonly Worker[]): void;
}

/** Creates a log that has said nothing yet. */
export function createRefusalsLog(alarms: Alarms): RefusalsLog {
  /** By what the alarm is about: '' for this node, else a region; what was said. */
  const told = new Map<string, string>();
  return {
    look(why, workers) {
      const now = new Map<string, string>(why === undefined ? [] : [['', why]]);
      // Of workers that say several causes, the one that was told stays until nobody says it.
      for (const { region, refusal } of workers)
        if (refusal !== undefined && (!now.has(region) || told.get(region) === refusal))
          now.set(region, refusal);
      for (const [about, reason] of now) {
        if (told.get(about) === reason) continue;
        told.set(about, reason);
        const region = about === '' ? {} : { region: about };
        const detail = about === '' ? reason : `workers in ${about}: ${reason}`;
        const alarm = { alarm: 'store_refuses', about, pools: [], cause: reason, ...region } as const;
        alarms.raise(alarm, detail, { reason, ...region });
      }
      for (const about of told.keys()) {
        if (now.has(about)) continue;
        told.delete(about);
        alarms.end('store_refuses', about, about === '' ? {} : { region: about });
      }
    },
  };
}
