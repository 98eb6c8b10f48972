import Type from 'typebox';
import { WRITES_MAX } from '../../store/store.ts';
import { type AdminApp, type AdminContext, allowOnly } from '../app.ts';
import { answers, success } from '../envelope.ts';
import { monitorProblems } from '../monitors/rules.ts';
import { oneOf } from '../nullable.ts';
import { newObjectId } from '../object-id.ts';
import { poolProblems } from '../pools/rules.ts';
import { invalid, type Problem } from '../problem.ts';
import { bodyProblems, objectBodyOf } from '../validate.ts';
import { refused, WRITE_ATTEMPTS_MAX, writeContention } from '../write.ts';
import { exportOf, planOf } from './plan.ts';
import { Applied } from './result-schema.ts';
import { wantedSchema } from './schema.ts';

/** Registers what makes the store what a document says, and what makes a document of the store, below the prefix of `app`. */
export function applyRoutes(app: AdminApp, { store, intervals, nowMs }: AdminContext): void {
  const tags = ['apply'];
  const Body = wantedSchema(intervals);
  const flag = (description: string) => Type.Optional(oneOf(['true', 'false'], { description }));

  app.post(
    '/apply',
    {
      schema: {
        tags,
        querystring: Type.Object({
          dry_run: flag('Tell what would change, and change nothing.'),
          prune: flag(
            'Delete pools, with their overrides, and described monitors that the document does not have.',
          ),
        }),
        body: Body,
        response: answers(Applied),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const body = objectBodyOf(request);
      const wrong = bodyProblems(request, body, entryProblems);
      if (wrong.length > 0) throw invalid(wrong);
      const isDry = request.query.dry_run === 'true';
      const prune = request.query.prune === 'true';
      for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
        const { documents } = await store.read();
        const plan = planOf(documents, body, { nowMs: nowMs(), intervals, prune, newId: newObjectId });
        const { changes, unchanged, writes } = plan;
        const problems = [...plan.problems, ...tooMany(writes.length)];
        if (problems.length > 0) throw invalid(problems);
        if (isDry) return success({ dry_run: true, revision: null, changes, unchanged });
        const committed = await store.commit(writes);
        if (committed.ok) {
          const { revision } = committed;
          reply.log.info({ changes: changes.length, revision }, 'document applied');
          reply.header('x-lifeguard-revision', revision);
          return success({ dry_run: false, revision, changes, unchanged });
        }
        if (committed.refusal.kind !== 'conflict')
          throw refused(committed.refusal, { unique: [], references: [] });
      }
      throw writeContention();
    },
  );
  allowOnly(app, '/apply', ['POST']);

  app.get('/export', { schema: { tags, response: answers(Body) } }, async () => {
    const { documents } = await store.read();
    return success(exportOf(documents));
  });
  allowOnly(app, '/export', ['GET']);
}

function tooMany(writes: number): Problem[] {
  const rule = `takes ${writes} changes; ${WRITES_MAX} at most are made at once: apply it in parts`;
  return writes > WRITES_MAX ? [{ pointer: '', rule }] : [];
}

/** What is wrong with fields together in each monitor and pool. */
function entryProblems({ monitors, pools }: Readonly<Record<string, unknown>>): Problem[] {
  return [...within('/monitors', monitors, monitorProblems), ...within('/pools', pools, poolProblems)];
}

function within(
  pointer: string,
  list: unknown,
  problemsOf: (body: Readonly<Record<string, unknown>>) => readonly Problem[],
): Problem[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((body: unknown, i) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return [];
    const found = problemsOf(body as Record<string, unknown>);
    return found.map((problem) => ({ ...problem, pointer: `${pointer}/${i}${problem.pointer}` }));
  });
}
