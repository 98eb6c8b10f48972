import type { PoolPreview, PreviewRequest } from '../../pool/preview.ts';
import { PREVIEW_MS, PREVIEWS_MAX, type Store } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import type { Scripts } from './scripts.ts';

/** Previews, timed by Redis' clock. Every method may throw StoreUnavailable. */
export function createPreviews(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
): Pick<Store, 'requestPreview' | 'takePreview' | 'answerPreview' | 'preview'> {
  const { workers, leases, previews, previewEnds, previewTakers, previewsFound } = keys;
  const all = [previews, previewEnds, previewTakers, previewsFound];
  return {
    requestPreview: async (request) => {
      const args = [request.id, JSON.stringify(request), PREVIEW_MS, PREVIEWS_MAX];
      return (await connection.script(scripts.previewRequest, all, args)) as 'kept' | 'full';
    },
    takePreview: async ({ worker, token }) => {
      const under = [workers, leases, ...all];
      const taken = (await connection.script(scripts.previewTake, under, [worker.id, token])) as
        | string
        | null;
      return taken === null ? undefined : (JSON.parse(taken) as PreviewRequest);
    },
    answerPreview: async ({ worker, token }, id, found, isLast) => {
      const args = [worker.id, token, id, JSON.stringify(found), isLast ? '1' : '0'];
      const answer = await connection.script(scripts.previewAnswer, [workers, leases, ...all], args);
      return answer as 'answered' | 'refused';
    },
    preview: async (id) => {
      const found = (await connection.script(scripts.preview, [previewEnds, previewsFound], [id])) as
        | string
        | null;
      return found === null ? undefined : (JSON.parse(found) as PoolPreview[]);
    },
  };
}
