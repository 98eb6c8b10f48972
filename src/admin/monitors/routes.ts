import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Monitor } from '../../check/monitor.ts';
import type { Store } from '../../store/store.ts';
import { callOf } from '../access/call.ts';
import { visibleTo } from '../access/rights.ts';
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
  type Draft,
  deleteDocument,
  updateDocument,
  type Written,
} from '../resource/write.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { monitorOf, patchedMonitorBody } from './body.ts';
import { monitorProblems } from './rules.ts';
import { monitorBody, monitorViewSchema } from './schema.ts';
import { monitorView } from './view.ts';

const LIST = '/load_balancers/monitors';
const ONE = `${LIST}/:id`;

/** Registers the routes of monitors below the prefix of `app`. */
export function monitorRoutes(
  app: AdminApp,
  { store, intervals, epochMs, ...rules }: AdminContext,
  form: PathForm,
): void {
  const tags = ['monitors'];
  const Body = monitorBody(intervals);
  const problemsOf = (body: Readonly<Record<string, unknown>>) => monitorProblems(body, rules);
  const View = monitorViewSchema(Body);
  const answerWrite = async (reply: FastifyReply, { value, revision }: Written<'monitor'>, what: string) => {
    reply.log.info({ monitor: value.id, revision }, what);
    reply.header('x-lifeguard-revision', revision);
    const messages = await storedSameDescription(store, 'monitor', value);
    return success(monitorView(value), { messages });
  };

  app.post(
    LIST,
    {
      schema: {
        tags,
        summary: 'Create a monitor',
        params: listParams(form),
        body: Body,
        response: answers(View),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const body = objectBodyOf(request);
      refuse(bodyProblems(request, body, problemsOf));
      const written = await createDocument(store, 'monitor', (id) =>
        draftOf(monitorOf(body, { id, epochMs: epochMs(), intervals })),
      );
      return answerWrite(reply, written, 'monitor created');
    },
  );

  app.get(
    LIST,
    {
      schema: {
        tags,
        summary: 'List monitors',
        params: listParams(form),
        querystring: Type.Object(PageQuery),
        response: answers(Type.Array(View), 'paged'),
      },
    },
    async (request) => {
      const { items, info } = pageOf(await allMonitors(store), request.query);
      return success(
        items.map((each) => viewFor(request, each)),
        { info },
      );
    },
  );
  allowOnly(app, LIST, ['GET', 'POST']);

  app.get(
    ONE,
    { schema: { tags, summary: 'Show a monitor', params: objectParams(form), response: answers(View) } },
    async (request) => {
      const found = await store.get('monitor', objectIdOf(request));
      if (found === undefined) throw apiError('notFound');
      return success(viewFor(request, found.value));
    },
  );

  app.put(
    ONE,
    {
      schema: {
        tags,
        summary: 'Replace a monitor',
        params: objectParams(form),
        body: Body,
        response: answers(View),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      const written = await updateDocument(store, 'monitor', id, (was) => {
        const body = objectBodyOf(request);
        refuse(bodyProblems(request, body, problemsOf));
        return draftOf(monitorOf(body, { id, epochMs: epochMs(), intervals, was }));
      });
      return answerWrite(reply, written, 'monitor replaced');
    },
  );

  app.patch(
    ONE,
    {
      schema: {
        tags,
        summary: 'Change a monitor',
        params: objectParams(form),
        body: Body,
        response: answers(View),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      const written = await updateDocument(store, 'monitor', id, (was) => {
        const body = patchedMonitorBody(was, objectBodyOf(request));
        refuse(bodyProblems(request, body, problemsOf));
        return draftOf(monitorOf(body, { id, epochMs: epochMs(), intervals, was }));
      });
      return answerWrite(reply, written, 'monitor changed');
    },
  );

  app.delete(
    ONE,
    {
      schema: {
        tags,
        summary: 'Delete a monitor',
        params: objectParams(form),
        response: answers(Type.Object({ id: Type.String() })),
      },
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      const revision = await deleteDocument(store, 'monitor', id);
      reply.log.info({ monitor: id, revision }, 'monitor deleted');
      reply.header('x-lifeguard-revision', revision);
      return success({ id });
    },
  );
  allowOnly(app, ONE, ['GET', 'PUT', 'PATCH', 'DELETE']);

  app.get(
    `${ONE}/references`,
    {
      schema: {
        tags,
        summary: 'List what uses a monitor',
        params: objectParams(form),
        response: answers(ReferenceList),
      },
    },
    async (request) => {
      const id = objectIdOf(request);
      const { documents } = await store.read();
      if (!documents.some((document) => document.kind === 'monitor' && document.id === id))
        throw apiError('notFound');
      const users = documents.filter((document) => usesOf(document).some((used) => used.id === id));
      return success(users.map((user) => referenceTo('referrer', user)));
    },
  );
  allowOnly(app, `${ONE}/references`, ['GET']);
}

/** Every monitor, oldest first. */
async function allMonitors(store: Store): Promise<Monitor[]> {
  const { documents } = await store.read();
  return documents
    .flatMap((document) => (document.kind === 'monitor' ? [document.value] : []))
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function orderOf(monitor: Monitor): string {
  return `${monitor.createdOn} ${monitor.id}`;
}

/** The monitor as the token of a request may see it. */
function viewFor(request: FastifyRequest, monitor: Monitor) {
  return monitorView(visibleTo(callOf(request).caller, 'monitor', monitor));
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw invalid(problems);
}

function draftOf(monitor: Monitor): Draft<'monitor'> {
  return { value: monitor, unique: [], references: [] };
}
