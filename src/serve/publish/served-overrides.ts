import { hasTarget, type Override, overrideOf, turnsOf } from '../../pool/override.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import { link, unlink } from '../../store/multimap.ts';
import type { Change, StoredDocument } from '../../store/store.ts';

/** At least so often the clock is looked at while an override is still to begin or to end: somebody may set it. */
export const CLOCK_LOOK_MS = 10_000;

/** The overrides as a node follows them, and what comes of them as time goes by. */
export interface ServedOverrides {
  /** Replaces everything; returns the ids of the pools that it concerns. */
  load(documents: readonly StoredDocument[]): Set<string>;
  /** Takes one revision in; returns the ids of the pools that it concerns. */
  apply(change: Change): Set<string>;
  /**
   * Overrides whose endpoint their pool does not have, or did not have meanwhile: they have ended, and do not come back with
   * another endpoint of the name, though the writer of the pool left them in the store.
   */
  readonly left: ReadonlyMap<string, StoredOverride>;
  /** What holds for an endpoint now. */
  of(pool: Pool, endpoint: Endpoint): Override | undefined;
  /** When one begins or ends next, milliseconds since the epoch; undefined: none does. */
  readonly nextTurnMs: number | undefined;
  /** All there are, by id, without those that are `left`. */
  readonly all: ReadonlyMap<string, Override>;
  /** Ends its timer. */
  stop(): void;
}

type StoredOverride = Extract<StoredDocument, { kind: 'override' }>;

/** What createServedOverrides works with. */
export interface ServedOverridesOptions {
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Overrides of these pools begin or cease to hold by the clock alone. */
  readonly turned: (pools: ReadonlySet<string>) => void;
  /** A pool as it is once the revision is taken in that is applied here. */
  readonly poolOf: (id: string) => Pool | undefined;
}

/** Follows no overrides yet. */
export function createServedOverrides({ nowMs, turned, poolOf }: ServedOverridesOptions): ServedOverrides {
  const all = new Map<string, Override>();
  const ofPool = new Map<string, Set<Override>>();
  const stored = new Map<string, StoredOverride>();
  const left = new Map<string, StoredOverride>();
  /** The clock when overrides were looked at last. */
  let lookedMs = nowMs();
  let timer: NodeJS.Timeout | undefined;

  function put(document: StoredOverride): void {
    const { value } = document;
    stored.set(value.id, document);
    all.set(value.id, value);
    link(ofPool, value.pool, value);
  }

  function drop(id: string): void {
    const was = all.get(id);
    stored.delete(id);
    if (was === undefined) return;
    all.delete(id);
    unlink(ofPool, was.pool, was);
  }

  /** Ends the overrides of a pool whose endpoint it does not have. */
  function endWithout(id: string): void {
    const pool = poolOf(id);
    const about = ofPool.get(id);
    if (pool === undefined || about === undefined) return;
    for (const override of [...about]) {
      if (hasTarget(pool, override)) continue;
      left.set(override.id, stored.get(override.id)!);
      drop(override.id);
    }
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
    left,
    get nextTurnMs() {
      return nextTurnMs();
    },
    load(documents) {
      const concerned = new Set(ofPool.keys());
      all.clear();
      ofPool.clear();
      stored.clear();
      left.clear();
      for (const document of documents) if (document.kind === 'override') put(document);
      const pools = new Set(ofPool.keys());
      for (const id of pools) endWithout(id);
      look();
      return concerned.union(pools);
    },
    apply({ entries }) {
      const concerned = new Set<string>();
      for (const entry of entries) {
        const { kind, id } = entry.op === 'put' ? entry.document : entry;
        if (kind !== 'override') continue;
        const was = all.get(id);
        if (was !== undefined) concerned.add(was.pool);
        drop(id);
        left.delete(id);
        if (entry.op === 'put' && entry.document.kind === 'override') {
          put(entry.document);
          concerned.add(entry.document.value.pool);
        }
      }
      for (const id of concerned) endWithout(id);
      for (const { document } of entries.filter((entry) => entry.op === 'put'))
        if (document.kind === 'pool') endWithout(document.id);
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
