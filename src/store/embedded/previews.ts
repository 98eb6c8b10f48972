import type { Asker, PoolPreview, PreviewRequest } from '../../check/preview.ts';
import {
  PREVIEW_MS,
  PREVIEWS_MAX,
  PREVIEWS_PER_TOKEN_MAX,
  PREVIEWS_RESERVED,
  type PreviewStore,
} from '../contract/previews.ts';
import type { Lease } from '../contract/workers.ts';
import type { Leases } from './leases.ts';

interface Kept {
  readonly asker: Asker | undefined;
  readonly request: PreviewRequest;
  readonly endsAtMs: number;
  /** Who carries it out. */
  taker?: Lease;
  isDone: boolean;
  found: readonly PoolPreview[];
}

/**
 * The previews of this process, oldest first. They live in memory: they are worth nothing after a restart. `now` is in
 * milliseconds from any fixed point, and must not jump.
 */
export function createPreviews(monotonicMs: () => number, leases: Leases): PreviewStore {
  const kept = new Map<string, Kept>();
  const forgetEnded = () => {
    const at = monotonicMs();
    for (const [id, { endsAtMs }] of kept) if (endsAtMs <= at) kept.delete(id);
  };
  const isHeld = ({ taker }: Kept) => taker !== undefined && leases.isCurrent(taker);
  return {
    requestPreview: async (request, asker) => {
      forgetEnded();
      if (kept.size >= PREVIEWS_MAX) return 'full';
      if (asker !== undefined && !asker.isAdmin) {
        const others = [...kept.values()].flatMap((one) =>
          one.asker?.isAdmin === false ? [one.asker.id] : [],
        );
        if (others.filter((id) => id === asker.id).length >= PREVIEWS_PER_TOKEN_MAX) return 'token_full';
        if (others.length >= PREVIEWS_MAX - PREVIEWS_RESERVED) return 'full';
      }
      // A copy: the caller may change its own afterwards.
      const copy = structuredClone(request);
      kept.set(request.id, {
        asker,
        request: copy,
        endsAtMs: monotonicMs() + PREVIEW_MS,
        isDone: false,
        found: [],
      });
      return 'kept';
    },
    takePreview: async (lease) => {
      forgetEnded();
      if (!leases.isCurrent(lease)) return undefined;
      const free = [...kept.values()].find((one) => !one.isDone && !isHeld(one));
      if (free === undefined) return undefined;
      free.taker = lease;
      return structuredClone(free.request);
    },
    answerPreview: async (lease, id, found, isLast) => {
      forgetEnded();
      const one = kept.get(id);
      if (one === undefined || one.isDone || !isHeld(one)) return 'refused';
      if (one.taker?.token !== lease.token || one.taker.worker.id !== lease.worker.id) return 'refused';
      one.found = structuredClone(found);
      one.isDone = isLast;
      return 'answered';
    },
    preview: async (id) => {
      forgetEnded();
      return structuredClone(kept.get(id)?.found);
    },
  };
}
