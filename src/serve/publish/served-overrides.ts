import { changeTimesOf, hasTarget, type Override, overrideOf } from '../../pool/override.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { Change, StoredDocument } from '../../store/contract/documents.ts';
import { link, unlink } from '../../store/multimap.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';

/** Longest time between two looks at the wall clock, which may be set either way, while an override begins or ends by it, milliseconds. */
export const CLOCK_LOOK_MS = 10_000;

/** The overrides as a node follows them, and which of them are active now. */
export interface ServedOverrides {
  /** Replaces everything. Returns the ids of the pools that it concerns. */
  load(documents: readonly StoredDocument[]): Set<string>;
  /** Takes in one revision. Returns the ids of the pools that it concerns. */
  apply(change: Change): Set<string>;
  /**
   * Overrides whose endpoint is, or was meanwhile, not in the pool. They have ended, although they are in the store, and
   * do not apply to another endpoint of the name.
   */
  readonly left: ReadonlyMap<string, StoredOverride>;
  /** Returns the override that is active for an endpoint now. */
  of(pool: Pool, endpoint: Endpoint): Override | undefined;
  /** When the next override begins or ends, milliseconds since the epoch; undefined: none does. */
  readonly nextChangeMs: number | undefined;
  /** All overrides by id, without those in `left`. */
  readonly all: ReadonlyMap<string, Override>;
  /** Ends its timer. */
  stop(): void;
}

type StoredOverride = Extract<StoredDocument, { kind: 'override' }>;

/** Dependencies of createServedOverrides. */
export interface ServedOverridesOptions {
  /** Milliseconds since the epoch. */
  readonly epochMs: () => number;
  /** Called with the pools whose overrides began or ended by the clock. */
  readonly changed: (pools: ReadonlySet<string>) => void;
  /** Returns a pool as it is after the revision that is applied here. */
  readonly poolOf: (id: string) => Pool | undefined;
}

/** Creates an empty set of overrides. */
export function createServedOverrides({ epochMs, changed, poolOf }: ServedOverridesOptions): ServedOverrides {
  const all = new Map<string, Override>();
  const ofPool = new Map<string, Set<Override>>();
  const stored = new Map<string, StoredOverride>();
  const left = new Map<string, StoredOverride>();
  /** Wall clock at the latest look. */
  let lookedMs = epochMs();
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

  /** Ends the overrides of endpoints that the pool does not have. */
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

  /** Calls back with the pools whose overrides began or ended since the latest look, whichever way the clock went. */
  function look(): void {
    const now = epochMs();
    const [from, to] = now < lookedMs ? [now, lookedMs] : [lookedMs, now];
    lookedMs = now;
    const pools = new Set<string>();
    for (const override of all.values())
      if (changeTimesOf(override).some((atMs) => atMs > from && atMs <= to)) pools.add(override.pool);
    schedule();
    if (pools.size > 0) changed(pools);
  }

  function nextTurnMs(): number | undefined {
    let nextMs: number | undefined;
    for (const override of all.values())
      for (const atMs of changeTimesOf(override))
        if (atMs > lookedMs && !(nextMs !== undefined && nextMs <= atMs)) nextMs = atMs;
    return nextMs;
  }

  function schedule(): void {
    clearTimeout(timer);
    timer = undefined;
    const goesByClock = [...all.values()].some((override) => changeTimesOf(override).length > 0);
    if (!goesByClock) return;
    const inMs = (nextTurnMs() ?? Number.POSITIVE_INFINITY) - lookedMs;
    timer = setTimeout(look, Math.min(inMs, CLOCK_LOOK_MS)).unref();
  }

  return {
    all,
    left,
    get nextChangeMs() {
      return nextTurnMs();
    },
    load(documents) {
      const concerned = new Set(ofPool.keys());
      all.clear();
      ofPool.clear();
      stored.clear();
      left.clear();
      for (const document of documentsOf(documents, 'override')) put(document);
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
      return overrides && overrideOf(overrides, pool, endpoint, epochMs());
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
