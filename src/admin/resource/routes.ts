import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Documents, Kind } from '../../store/contract/documents.ts';
import { callOf } from '../access/call.ts';
import { visibleTo } from '../access/rights.ts';
import { writeFields } from '../access/write-log.ts';
import { type AdminApp, type AdminContext, allowOnly, listParams, objectIdOf, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { PageQuery, pageOf } from '../http/paging.ts';
import { invalid, type Problem } from '../http/problem.ts';
import { sendTexts } from '../http/text-list.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import type { Written } from './draft.ts';
import { withoutSecrets } from './kind.ts';
import { ReferenceList, referencesOf } from './reference.ts';
import type { Action, Fields, Paging, Resource, Writing } from './resource.ts';
import { createDocument, danglingReferences, deleteDocument, takeDocument, updateDocument } from './write.ts';

type Context = Pick<AdminContext, 'store' | 'epochMs'>;

/** A resource with what all of its routes share. */
type Kit<K extends Kind, Body extends object, Place> = Resource<K, Body, Place> &
  Context & {
    readonly envelope: NonNullable<Resource<K, Body, Place>['envelope']>;
    /** The path of one document. */
    readonly one: string;
    readonly listParams: ReturnType<typeof listParams>;
    readonly oneParams: ReturnType<typeof objectParams>;
  };

const WRITING_METHODS = ['POST', 'PUT', 'PATCH'] as const;

const Identifier = Type.Object({ id: Type.String() });

/**
 * Registers the routes of a resource below the prefix of `app`: list, create, show, replace, change, delete and references, as far as
 * it has them, and 405 for other methods. A token that may not see a secret is shown none, and no log line has one.
 */
export function resourceRoutes<K extends Kind, Body extends object, Place = undefined>(
  app: AdminApp,
  { store, epochMs }: Context,
  resource: Resource<K, Body, Place>,
): void {
  const { form, path, writing, references, further = [] } = resource;
  const places = [...path.matchAll(/:(\w+)/g)].map(([, name]) => [name, Type.String()] as const);
  const kit: Kit<K, Body, Place> = {
    envelope: { success, answers },
    ...resource,
    store,
    epochMs,
    one: `${path}/:id`,
    listParams: listParams(form, Object.fromEntries(places)),
    oneParams: objectParams(form, Object.fromEntries(places)),
  };
  const methods = writing === undefined ? [] : (writing.methods ?? WRITING_METHODS);
  if (writing !== undefined && methods.includes('POST')) createRoute(app, kit, writing);
  listRoute(app, kit);
  allowOnly(app, path, ['GET', ...methods.filter((method) => method === 'POST'), ...further]);
  showRoute(app, kit);
  const changing = methods.filter((method) => method !== 'POST');
  if (writing !== undefined) for (const method of changing) updateRoute(app, kit, writing, method);
  deleteRoute(app, kit);
  allowOnly(app, kit.one, ['GET', ...changing, 'DELETE']);
  if (references !== undefined) referencesRoute(app, kit, references);
}

function createRoute<K extends Kind, Body extends object, Place>(
  app: AdminApp,
  kit: Kit<K, Body, Place>,
  writing: Writing<K, Body, Place>,
): void {
  const { kind, envelope, store, epochMs } = kit;
  app.post(
    kit.path,
    {
      config: { writes: kind.kind },
      schema: {
        tags: [kit.tag],
        summary: summaryOf(kit, `Create ${withArticle(kind.noun)}`),
        params: kit.listParams,
        body: writing.Body,
        response: envelope.answers(kit.View),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const place = await placeOf(kit, request, 'create');
      const body = objectBodyOf(request as { body: Fields });
      await refuse(kit, writing, request, { body, sent: body, was: undefined, place });
      const written = await createDocument(
        store,
        kind.kind,
        (id) => writing.draft(body as Body, { id, epochMs: epochMs(), was: undefined, place }),
        kit.faults,
      );
      return answerWrite(kit, writing, reply, written, place, 'created');
    },
  );
}

function listRoute<K extends Kind, Body extends object, Place>(
  app: AdminApp,
  kit: Kit<K, Body, Place>,
): void {
  const { list, kind, envelope } = kit;
  app.get(
    kit.path,
    {
      schema: {
        tags: [kit.tag],
        summary: summaryOf(kit, `List ${kind.noun}s`),
        params: kit.listParams,
        querystring: Type.Object({ ...PageQuery, ...list.query }),
        response: envelope.answers(Type.Array(kit.View), 'paged'),
      },
    },
    async (request, reply) => {
      const place = await placeOf(kit, request, 'list');
      const query = request.query as Fields;
      const all = await list.all(place);
      const selected = list.selected === undefined ? all : await list.selected(all, query);
      const { items, info } = pageOf(selected, list.paging?.(query as Paging) ?? (query as Paging));
      const visible = visibleIn(kit, request, items);
      if (list.texts !== undefined) return sendTexts(reply, await list.texts(visible), info);
      return envelope.success(await kit.views(visible, place), { info });
    },
  );
}

function showRoute<K extends Kind, Body extends object, Place>(
  app: AdminApp,
  kit: Kit<K, Body, Place>,
): void {
  const { kind, envelope } = kit;
  app.get(
    kit.one,
    {
      schema: {
        tags: [kit.tag],
        summary: summaryOf(kit, `Show ${withArticle(kind.noun)}`),
        params: kit.oneParams,
        response: envelope.answers(kit.View),
      },
    },
    async (request) => {
      const place = await placeOf(kit, request, 'read');
      const found = await documentBy(kit, objectIdOf(request), place);
      const [view] = await kit.views(visibleIn(kit, request, [found]), place);
      return envelope.success(view);
    },
  );
}

function updateRoute<K extends Kind, Body extends object, Place>(
  app: AdminApp,
  kit: Kit<K, Body, Place>,
  writing: Writing<K, Body, Place>,
  method: 'PUT' | 'PATCH',
): void {
  const { kind, envelope, store, epochMs } = kit;
  const isWhole = method === 'PUT';
  app.route({
    method,
    url: kit.one,
    config: { writes: kind.kind },
    schema: {
      tags: [kit.tag],
      summary: summaryOf(kit, `${isWhole ? 'Replace' : 'Change'} ${withArticle(kind.noun)}`),
      params: kit.oneParams,
      body: isWhole ? writing.Body : writing.Patch,
      response: envelope.answers(kit.View),
    },
    attachValidation: true,
    handler: async (request, reply) => {
      const place = await placeOf(kit, request, 'change');
      const id = objectIdOf(request);
      await kit.refuseWrite?.(id, place);
      const written = await updateDocument(
        store,
        kind.kind,
        id,
        async (was) => {
          if (kit.belongs?.(was, place) === false) throw apiError(kit.faults?.notFound ?? 'notFound');
          const sent = objectBodyOf(request as { body: Fields });
          const body = isWhole ? sent : writing.merged(was, sent as Body);
          await refuse(kit, writing, request, { body, sent, was, place });
          return writing.draft(body as Body, { id, epochMs: epochMs(), was, place });
        },
        kit.faults,
      );
      return answerWrite(kit, writing, reply, written, place, isWhole ? 'replaced' : 'changed');
    },
  });
}

function deleteRoute<K extends Kind, Body extends object, Place>(
  app: AdminApp,
  kit: Kit<K, Body, Place>,
): void {
  const { kind, deletion, envelope, store } = kit;
  app.delete(
    kit.one,
    {
      config: { writes: kind.kind },
      schema: {
        tags: [kit.tag],
        summary: summaryOf(kit, `Delete ${withArticle(kind.noun)}`),
        params: kit.oneParams,
        response: envelope.answers(deletion === 'identifier' ? Identifier : kit.View),
      },
    },
    async (request, reply) => {
      const place = await placeOf(kit, request, 'delete');
      const id = objectIdOf(request);
      await kit.refuseWrite?.(id, place);
      if (kit.belongs !== undefined) await documentBy(kit, id, place);
      if (deletion === 'identifier') {
        const fields = await kit.logFields(id, undefined);
        const revision = await deleteDocument(store, kind.kind, id, kit.faults);
        note(kit, reply, fields, revision, 'deleted');
        return envelope.success({ id });
      }
      const { prepared, revision } = await takeDocument(
        store,
        kind.kind,
        id,
        async (was) => ({
          view: await deletion(was),
          fields: await kit.logFields(id, withoutSecrets(kind, was)),
        }),
        kit.faults,
      );
      note(kit, reply, prepared.fields, revision, 'deleted');
      return envelope.success(prepared.view);
    },
  );
}

function referencesRoute<K extends Kind, Body extends object, Place>(
  app: AdminApp,
  kit: Kit<K, Body, Place>,
  summary: string,
): void {
  const { kind, envelope, store } = kit;
  const url = `${kit.one}/references`;
  app.get(
    url,
    {
      schema: { tags: [kit.tag], summary, params: kit.oneParams, response: envelope.answers(ReferenceList) },
    },
    async (request) => {
      const place = await placeOf(kit, request, 'read');
      const id = objectIdOf(request);
      await documentBy(kit, id, place);
      const { documents } = await store.read();
      return envelope.success(await referencesOf(kind.kind, id, documents));
    },
  );
  allowOnly(app, url, ['GET']);
}

/** Checks the rights for an action, and finds the place of a request. */
async function placeOf<K extends Kind, Body extends object, Place>(
  { check, placeOf: find }: Kit<K, Body, Place>,
  request: Pick<FastifyRequest, 'params'>,
  action: Action,
): Promise<Place> {
  check?.(callOf(request as FastifyRequest).caller, action);
  // Without placeOf, Place is undefined.
  return (await find?.(request.params as Fields)) as Place;
}

async function documentBy<K extends Kind, Body extends object, Place>(
  { kind, store, find, belongs, faults }: Kit<K, Body, Place>,
  id: string,
  place: Place,
): Promise<Documents[K]> {
  const found =
    find === undefined
      ? ((await store.get(kind.kind, id))?.value as Documents[K] | undefined)
      : await find(id, place);
  if (found === undefined || belongs?.(found, place) === false)
    throw apiError(faults?.notFound ?? 'notFound');
  return found;
}

/** The documents as the token of a request may see them. */
function visibleIn<K extends Kind, Body extends object, Place>(
  { kind }: Kit<K, Body, Place>,
  request: object,
  documents: readonly Documents[K][],
): readonly Documents[K][] {
  const { caller } = callOf(request as FastifyRequest);
  return documents.map((each) => visibleTo(caller, kind.kind, each));
}

/** Throws the problems of a body, if there are any, and with them all references to documents that do not exist. */
async function refuse<K extends Kind, Body extends object, Place>(
  { store, faults }: Kit<K, Body, Place>,
  writing: Writing<K, Body, Place>,
  request: object,
  { body, sent, was, place }: { body: Fields; sent: Fields; was: Documents[K] | undefined; place: Place },
): Promise<void> {
  const across = await writing.problems(body, sent, was, place);
  const problems = bodyProblems(request as FastifyRequest, body, () => across);
  const references = writing.references(body);
  // The store finds a single reference itself.
  if (problems.length === 0 && references.length <= 1) return;
  const reported = new Set(problems.map(({ pointer }) => pointer));
  const unreported = references.filter(({ pointer }) => !reported.has(pointer));
  const all: Problem[] = [...problems, ...(await danglingReferences<K>(store, unreported))];
  if (all.length > 0) throw invalid(all, faults?.invalid);
}

async function answerWrite<K extends Kind, Body extends object, Place>(
  kit: Kit<K, Body, Place>,
  writing: Writing<K, Body, Place>,
  reply: object,
  { value, revision }: Written<K>,
  place: Place,
  what: string,
) {
  note(kit, reply, await kit.logFields(value.id, withoutSecrets(kit.kind, value)), revision, what);
  const [view] = await kit.views([value], place);
  return kit.envelope.success(view, { messages: [...(await writing.messages(value))] });
}

/** Logs a write, and puts its revision in the answer. */
function note<K extends Kind, Body extends object, Place>(
  { kind }: Kit<K, Body, Place>,
  reply: object,
  fields: object,
  revision: number,
  what: string,
): void {
  const { log, header } = reply as FastifyReply;
  log.info({ ...fields, revision, ...writeFields() }, `${kind.noun} ${what}`);
  header.call(reply as FastifyReply, 'x-lifeguard-revision', revision);
}

function summaryOf({ of }: { readonly of?: string }, summary: string): string {
  return of === undefined ? summary : `${summary} ${of}`;
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
