import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import type { MonitorGroup } from '../../check/monitor-group.ts';
import type { Store } from '../../store/store.ts';
import {
  type AdminApp,
  type AdminContext,
  allowOnly,
  listParams,
  objectIdOf,
  objectParams,
  type PathForm,
} from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { PageQuery, pageOf } from '../http/paging.ts';
import { invalid, type Problem } from '../http/problem.ts';
import { usesOf } from '../resource/kinds.ts';
import { ReferenceList, referenceTo } from '../resource/reference.ts';
import { storedSameDescription } from '../resource/same-description.ts';
import {
  createDocument,
  danglingReferences,
  takeDocument,
  updateDocument,
  type Written,
} from '../resource/write.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { groupBodyOf, groupOf } from './body.ts';
import { groupDraft, groupReferences } from './kind.ts';
import { groupProblems } from './rules.ts';
import { GroupBody, GroupPatch, GroupView } from './schema.ts';
import { groupView } from './view.ts';

const LIST = '/load_balancers/monitor_groups';
const ONE = `${LIST}/:id`;

/** Registers the routes of monitor groups below the prefix of `app`. */
export function monitorGroupRoutes(app: AdminApp, { store, epochMs }: AdminContext, form: PathForm): void {
  const tags = ['monitor groups'];
  const noteWrite = (reply: FastifyReply, { value, revision }: Written<'monitor_group'>, what: string) => {
    reply.log.info({ monitorGroup: value.id, revision }, what);
    reply.header('x-lifeguard-revision', revision);
  };
  const answerWrite = async (reply: FastifyReply, written: Written<'monitor_group'>, what: string) => {
    noteWrite(reply, written, what);
    const messages = await storedSameDescription(store, 'monitor_group', written.value);
    return success(groupView(written.value), { messages });
  };

  app.post(
    LIST,
    {
      schema: {
        tags,
        summary: 'Create a monitor group',
        params: listParams(form),
        body: GroupBody,
        response: answers(GroupView),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const body = objectBodyOf(request);
      await refuse(store, bodyProblems(request, body, groupProblems), body);
      const written = await createDocument(store, 'monitor_group', (id) =>
        groupDraft(groupOf(body, id, epochMs())),
      );
      return answerWrite(reply, written, 'monitor group created');
    },
  );

  app.get(
    LIST,
    {
      schema: {
        tags,
        summary: 'List monitor groups',
        params: listParams(form),
        querystring: Type.Object(PageQuery),
        response: answers(Type.Array(GroupView), 'paged'),
      },
    },
    async (request) => {
      const { items, info } = pageOf(await allGroups(store), request.query);
      return success(items.map(groupView), { info });
    },
  );
  allowOnly(app, LIST, ['GET', 'POST']);

  app.get(
    ONE,
    {
      schema: {
        tags,
        summary: 'Show a monitor group',
        params: objectParams(form),
        response: answers(GroupView),
      },
    },
    async (request) => {
      const found = await store.get('monitor_group', objectIdOf(request));
      if (found === undefined) throw apiError('notFound');
      return success(groupView(found.value));
    },
  );

  app.put(
    ONE,
    {
      schema: {
        tags,
        summary: 'Replace a monitor group',
        params: objectParams(form),
        body: GroupBody,
        response: answers(GroupView),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      const written = await updateDocument(store, 'monitor_group', id, async (was) => {
        const body = objectBodyOf(request);
        await refuse(store, bodyProblems(request, body, groupProblems), body);
        return groupDraft(groupOf(body, id, epochMs(), was));
      });
      return answerWrite(reply, written, 'monitor group replaced');
    },
  );

  app.patch(
    ONE,
    {
      schema: {
        tags,
        summary: 'Change a monitor group',
        params: objectParams(form),
        body: GroupPatch,
        response: answers(GroupView),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      const written = await updateDocument(store, 'monitor_group', id, async (was) => {
        const body = { ...groupBodyOf(was), ...objectBodyOf(request) };
        await refuse(store, bodyProblems(request, body, groupProblems), body);
        return groupDraft(groupOf(body, id, epochMs(), was));
      });
      return answerWrite(reply, written, 'monitor group changed');
    },
  );

  app.delete(
    ONE,
    {
      schema: {
        tags,
        summary: 'Delete a monitor group',
        params: objectParams(form),
        response: answers(GroupView),
      },
    },
    async (request, reply) => {
      const taken = await takeDocument(store, 'monitor_group', objectIdOf(request));
      noteWrite(reply, taken, 'monitor group deleted');
      return success(groupView(taken.value));
    },
  );
  allowOnly(app, ONE, ['GET', 'PUT', 'PATCH', 'DELETE']);

  app.get(
    `${ONE}/references`,
    {
      schema: {
        tags,
        summary: 'List what a monitor group uses, and what uses it',
        params: objectParams(form),
        response: answers(ReferenceList),
      },
    },
    async (request) => {
      const id = objectIdOf(request);
      const { documents } = await store.read();
      const byId = new Map(documents.map((document) => [document.id, document]));
      const group = byId.get(id);
      if (group?.kind !== 'monitor_group') throw apiError('notFound');
      const pools = documents.filter((document) => usesOf(document).some((used) => used.id === id));
      return success([
        ...pools.map((pool) => referenceTo('referrer', pool)),
        ...usesOf(group).map((used) => referenceTo('referral', byId.get(used.id)!)),
      ]);
    },
  );
  allowOnly(app, `${ONE}/references`, ['GET']);
}

/** Every monitor group, oldest first. */
async function allGroups(store: Store): Promise<MonitorGroup[]> {
  const { documents } = await store.read();
  return documents
    .flatMap((document) => (document.kind === 'monitor_group' ? [document.value] : []))
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function orderOf(group: MonitorGroup): string {
  return `${group.createdOn} ${group.id}`;
}

/** Throws the problems, if there are any, and with them all monitors that do not exist. */
async function refuse(
  store: Store,
  problems: readonly Problem[],
  body: { members?: unknown },
): Promise<void> {
  const reported = new Set(problems.map(({ pointer }) => pointer));
  const references = groupReferences(body.members).filter(({ pointer }) => !reported.has(pointer));
  const all = [...problems, ...(await danglingReferences(store, references))];
  if (all.length > 0) throw invalid(all);
}
