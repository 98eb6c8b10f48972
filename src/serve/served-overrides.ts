import { type Override, overrideOf, turnsOf } from '../pool/override.ts';
import type { Endpoint, Pool } from '../pool/pool.ts';
import { link, unlink } from '../store/multimap.ts';
import type { Change, StoredDocument } from '../store/store.ts';

/** At least so often the clock is looked at while an override is still to begin or to end: somebody may set it. */
export const CLOCK_LOOK_MS = 10_000;

/** The overrides as a node follows them, and what comes of them as time goes by. */
export interface ServedOverrides {
  /** Replaces everything; returns the ids of the pools that it concerns. */
  load(documents: readonly StoredDocument[]): Set<string>;
  /** Takes one revision in; returns the ids of the pools that it concerns. */
  apply(change: Change): Set<string>;
  /** What holds for an endpoint now. */
  of(pool: Pool, endpoint: Endpoint): Override | undefined;
  /** When one begins or ends next, milliseconds since the epoch; undefined: none does. */
  readonly nextTurnMs: number | undefined;
  /** All there are, by id. */
  readonly all: ReadonlyMap<string, Override>;
  /** Ends its timer. */
  stop(): void;
}

/** What createServedOverrides works with. */
export interface ServedOverridesOptions {
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Overrides of these pools begin or cease to hold by the clock alone. */
  readonly turned: (pools: ReadonlySet<string>) => void;
}

/** Follows no overrides yet. */
export function createServedOverrides({ nowMs, turned }: ServedOverridesOptions): ServedOverrides {
  const all = new Map<string, Override>();
  const ofPool = new Map<string, Set<Override>>();
  /** The clock when overrides were looked at last. */
  let lookedMs = nowMs();
  let timer: NodeJS.Timeout | undefined;

  function put(override: Override): void {
    all.set(override.id, override);
    link(ofPool, override.pool, override);
  }

  function drop(id: string): void {
    const was = all.get(id);
    if (was === undefined) return;
    all.delete(id);
    unlink(ofPool, was.pool, was);
  }

  /** Tells which pools have an override that turned since the last look, whichever way the clock went. */
  function look(): void {
    const now = nowMs();
    const [from, to] = now < lookedMs ? [now, lookedMs] : [lookedMs, now];
    lookedMs = now;
    const pools = new Set<string>();
    for (const override of all.values())
      if (turnsOf(override).some((atMs) => atMs > from && atMs <= to)) pools.add(override.pool);
    schedule();
    if (pools.size > 0) turned(pools);
  }

  function nextTurnMs(): number | undefined {
    let nextMs: number | undefined;
    for (const override of all.values())
      for (const atMs of turnsOf(override))
        if (atMs > lookedMs && !(nextMs !== undefined && nextMs <= atMs)) nextMs = atMs;
    return nextMs;
  }

  function schedule(): void {
    clearTimeout(timer);
    timer = undefined;
    const nextMs = nextTurnMs();
    if (nextMs === undefined) return;
    timer = setTimeout(look, Math.min(nextMs - lookedMs, CLOCK_LOOK_MS)).unref();
  }

  return {
    all,
    get nextTurnMs() {
      return nextTurnMs();
    },
    load(documents) {
      const concerned = new Set(ofPool.keys());
      all.clear();
      ofPool.clear();
      for (const document of documents) if (document.kind === 'override') put(document.value);
      look();
      return concerned.union(new Set(ofPool.keys()));
    },
    apply({ entries }) {
      const concerned = new Set<string>();
      for (const entry of entries) {
        const { kind, id } = entry.op === 'put' ? entry.document : entry;
        if (kind !== 'override') continue;
        const was = all.get(id);
        if (was !== undefined) concerned.add(was.pool);
        drop(id);
        if (entry.op === 'put' && entry.document.kind === 'override') {
          put(entry.document.value);
          concerned.add(entry.document.value.pool);
        }
      }
      if (concerned.size > 0) look();
      return concerned;
    },
    of(pool, endpoint) {
      const overrides = ofPool.get(pool.id);
      return overrides && overrideOf(overrides, pool, endpoint, nowMs());
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
