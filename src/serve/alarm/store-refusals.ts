import type { Worker } from '../../check/worker.ts';
import { StoreRefused } from '../../store/contract/failure.ts';
import type { Store } from '../../store/store.ts';
import type { Alarms } from './alarms.ts';

/** A refused call that may not be repeated soon counts for this time, while other calls are accepted, milliseconds. */
export const REFUSAL_KEPT_MS = 12_000;

/** Calls that write. */
const WRITES = [
  'commit',
  'publish',
  'join',
  'renew',
  'lead',
  'renewLead',
  'report',
  'moveCursor',
  'announce',
  'requestPreview',
  'answerPreview',
] as const satisfies readonly (keyof Store)[];

/** Tracks which writes of this process the store refuses. */
export interface StoreRefusals {
  /** Returns the store with its writes watched. */
  watch(store: Store): Store;
  /** Why the store refuses what this process writes; undefined: it takes all of it, as far as is known. */
  readonly why: string | undefined;
}

/** Creates the tracker of a store that refused nothing yet. `monotonicMs`: a clock that never jumps. */
export function createStoreRefusals(monotonicMs: () => number): StoreRefusals {
  const refused = new Map<string, { readonly why: string; readonly atMs: number }>();
  /** The latest cause. Of several at a time the first one stays until it is over. */
  let said: string | undefined;

  /** After an accepted announcement, tries whether the store accepts the other writes, which may not come soon. */
  function announced(store: Store): void {
    if (refused.delete('announce')) refused.clear();
    if (!refused.has('commit')) return;
    store.commit([]).then(
      () => refused.delete('commit'),
      (error: unknown) => note('commit', error),
    );
  }

  function note(name: string, error: unknown): void {
    if (error instanceof StoreRefused) refused.set(name, { why: error.why, atMs: monotonicMs() });
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
      for (const [name, { atMs }] of refused)
        if (monotonicMs() - atMs >= REFUSAL_KEPT_MS) refused.delete(name);
      const causes = [...refused.values()].map(({ why }) => why);
      if (said === undefined || !causes.includes(said)) said = causes[0];
      return said;
    },
  };
}

/** Raises the alarm about a store that refuses writes of this node, or of workers. */
export interface RefusalsLog {
  look(why: string | undefined, workers: readonly Worker[]): void;
}

/** Creates the log. */
export function createRefusalsLog(alarms: Alarms): RefusalsLog {
  /** The logged causes, by subject: '' for this node, else a region. */
  const raised = new Map<string, string>();
  return {
    look(why, workers) {
      const now = new Map<string, string>(why === undefined ? [] : [['', why]]);
      // Of several causes in a region, the logged one stays until no worker has it.
      for (const { region, refusal } of workers)
        if (refusal !== undefined && (!now.has(region) || raised.get(region) === refusal))
          now.set(region, refusal);
      for (const [about, reason] of now) {
        if (raised.get(about) === reason) continue;
        raised.set(about, reason);
        const region = about === '' ? {} : { region: about };
        const detail = about === '' ? reason : `workers in ${about}: ${reason}`;
        const alarm = { alarm: 'store_refuses', about, pools: [], cause: reason, ...region } as const;
        alarms.raise(alarm, detail, { reason, ...region });
      }
      for (const about of raised.keys()) {
        if (now.has(about)) continue;
        raised.delete(about);
        alarms.end('store_refuses', about, about === '' ? {} : { region: about });
      }
    },
  };
}
