import type { PoolPreview, PreviewRequest } from '../../check/preview.ts';
import {
  PREVIEW_MS,
  PREVIEWS_MAX,
  PREVIEWS_PER_TOKEN_MAX,
  PREVIEWS_RESERVED,
  type PreviewStore,
} from '../contract/previews.ts';
import { parseRecord, type SetAside, withId } from '../record/record.ts';
import { PREVIEW_FOUND_SHAPE, PREVIEW_SHAPE } from '../record/report-shapes.ts';
import type { Connection } from './connection/connection.ts';
import { oneOfWords, textOrNull, texts } from './connection/reply.ts';
import type { Scripts } from './connection/scripts.ts';
import type { Keys } from './keys.ts';
import type { AsideIn } from './records.ts';

/** Previews, timed by Redis' clock. Every method may throw StoreUnavailable. */
export function createPreviews(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
): PreviewStore {
  const { workers, leases, previews, previewEnds, previewTakers, previewsFound, previewAskers } = keys;
  const all = [previews, previewEnds, previewTakers, previewsFound];
  return {
    requestPreview: async (request, { id, isAdmin } = { id: '', isAdmin: true }) => {
      const args = [
        request.id,
        JSON.stringify(request),
        PREVIEW_MS,
        PREVIEWS_MAX,
        `${isAdmin ? 'admin' : 'other'} ${id}`,
        PREVIEWS_PER_TOKEN_MAX,
        PREVIEWS_RESERVED,
      ];
      const answer = await connection.script(scripts.previewRequest, [...all, previewAskers], args);
      return connection.read(answer, oneOfWords('kept', 'full', 'token_full'));
    },
    takePreview: async ({ worker, token }) => {
      const under = [workers, leases, ...all];
      const answer = await connection.script(scripts.previewTake, under, [worker.id, token]);
      const [id = '', held] = connection.read(answer, (taken) => (taken === null ? [] : texts(taken)));
      return held === undefined ? undefined : previewAt(id, held, aside(previews, id));
    },
    answerPreview: async ({ worker, token }, id, found, isLast) => {
      const args = [worker.id, token, id, JSON.stringify(found), isLast ? '1' : '0'];
      const answer = await connection.script(scripts.previewAnswer, [workers, leases, ...all], args);
      return connection.read(answer, oneOfWords('answered', 'refused'));
    },
    preview: async (id) => {
      const answer = await connection.script(scripts.preview, [previewEnds, previewsFound], [id]);
      const found = connection.read(answer, textOrNull);
      return found === null
        ? undefined
        : parseRecord<PoolPreview[]>(found, PREVIEW_FOUND_SHAPE, aside(previewsFound, id));
    },
  };
}

/** The preview in what is kept of it; undefined: it is set aside. */
export function previewAt(id: string, held: string, setAside: SetAside): PreviewRequest | undefined {
  return withId(id, parseRecord<PreviewRequest>(held, PREVIEW_SHAPE, setAside), setAside);
}
