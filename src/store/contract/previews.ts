import type { Asker, PoolPreview, PreviewRequest } from '../../check/preview.ts';
import type { Lease } from './workers.ts';

/** Previews kept at a time; no more are taken in until one expires. */
export const PREVIEWS_MAX = 100;

/** Of these, of one token that is not of scope admin; and kept for those that are. */
export const PREVIEWS_PER_TOKEN_MAX = 20;
export const PREVIEWS_RESERVED = 20;

/** A preview is deleted this time after its request, with its results. */
export const PREVIEW_MS = 300_000;

/** Holds previews until a worker carries them out. */
export interface PreviewStore {
  /**
   * Keeps a preview for a worker to take, for PREVIEW_MS by the store's own clock; `full`: PREVIEWS_MAX are kept, or of askers
   * who are no admins as many as those leave; `token_full`: PREVIEWS_PER_TOKEN_MAX of this one.
   */
  requestPreview(request: PreviewRequest, asker?: Asker): Promise<'kept' | 'full' | 'token_full'>;
  /**
   * The oldest preview that no worker has, to be run under this lease: no other worker gets it while the lease lasts.
   * undefined when there is none, or the lease has ended.
   */
  takePreview(lease: Lease): Promise<PreviewRequest | undefined>;
  /**
   * Replaces the results so far; after `isLast` no worker gets the preview again. `refused` (and nothing written) when
   * it is not this lease's any more.
   */
  answerPreview(
    lease: Lease,
    id: string,
    found: readonly PoolPreview[],
    isLast: boolean,
  ): Promise<'answered' | 'refused'>;
  /** The results so far; undefined when there is no such preview. */
  preview(id: string): Promise<readonly PoolPreview[] | undefined>;
}
