import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { NameError } from '../../dns/name.ts';
import { createPieces } from '../../pace/next-turn.ts';
import { escapeJson } from '../../pool/plain-text.ts';
import { NO_ZONE_RECORDS, ownerKeyOf, type StoredRecord } from '../../store/reading/records.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import { callOf, seenKey } from '../access/call.ts';
import { checkPrecondition } from '../access/entity-tag.ts';
import type { Limiter } from '../access/limiter.ts';
import { recordsSeen } from '../access/seen.ts';
import { writeFields } from '../access/write-log.ts';
import { type AdminApp, allowOnly, listParams, objectIdOf, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { type PageInfo, PageQuery } from '../http/paging.ts';
import { invalid } from '../http/problem.ts';
import { sendTexts } from '../http/text-list.ts';
import { commitJudged } from '../resource/commit-judged.ts';
import { createObjectIds, newObjectId } from '../schema/object-id.ts';
import { objectBodyOf } from '../schema/validate.ts';
import { loopMessages } from '../zones/alias-messages.ts';
import type { ZonesContext } from '../zones/routes.ts';
import { withoutOwnerInData } from './content.ts';
import { isUnfiltered, RecordFilter, type RecordQuery, recordsWanted, soughtName } from './list/filter.ts';
import { orderedRecords } from './list/ordered.ts';
import {
  notFound,
  type Operation,
  type Outcome,
  placeAt,
  placeOf,
  planOf,
  type RecordsPlace,
  zoneKeyOf,
} from './plan.ts';
import { schemaProblemsOf } from './problems.ts';
import { BATCH_MAX, BatchBody, BatchView, RecordBody, RecordPatch, RecordView } from './schema.ts';
import { viewIn } from './view.ts';
import { zoneFileRoutes } from './zone-file/routes.ts';
import {
  type AllRecords,
  numberOfRecords,
  recordsAt,
  recordsInOrder,
  slicedRecords,
} from './zone-records.ts';

/** Records on a page: by default, and at the most. More are asked for in vain, and the answer says so. */
export const RECORDS_PER_PAGE = 100;
export const RECORDS_PER_PAGE_MAX = 5_000;

const LIST = '/zones/:zone_id/dns_records';
const ONE = `${LIST}/:id`;
const BATCH = `${LIST}/batch`;
const ZONE = { zone_id: Type.String() };
const tags = ['records'];

/** Registers the records of zones below the prefix of `app`. */
export function recordRoutes(app: AdminApp, context: ZonesContext & { readonly limiter: Limiter }): void {
  app.register((files: AdminApp) => zoneFileRoutes(files, context));
  listRoute(app, context);
  createRoute(app, context);
  allowOnly(app, LIST, ['GET', 'POST']);
  batchRoute(app, context);
  allowOnly(app, BATCH, ['POST']);
  showRoute(app, context);
  changeRoute(app, context, 'PUT');
  changeRoute(app, context, 'PATCH');
  deleteRoute(app, context);
  allowOnly(app, ONE, ['GET', 'PUT', 'PATCH', 'DELETE']);
}

function listRoute(app: AdminApp, context: ZonesContext): void {
  app.get(
    LIST,
    {
      schema: {
        tags,
        summary: 'List the records of a zone',
        params: listParams('user', ZONE),
        querystring: Type.Object({
          ...PageQuery,
          per_page: Type.Optional(Type.String({ format: 'page-number' })),
          ...RecordFilter,
        }),
        response: answers(Type.Array(RecordView), 'paged'),
      },
    },
    async (request, reply) => {
      const place = await placeOf(context, request);
      const query = request.query as RecordQuery & Parameters<typeof pageIn>[0];
      const { records, info } = await selected(context, place, query);
      return sendTexts(reply, await textsOf(records, place), info);
    },
  );
}

function createRoute(app: AdminApp, context: ZonesContext): void {
  app.post(
    LIST,
    {
      config: { writes: 'record' },
      schema: {
        tags,
        summary: 'Create a record',
        params: listParams('user', ZONE),
        body: RecordBody,
        response: answers(RecordView),
      },
      attachValidation: true,
      preValidation: readOlderForm,
    },
    async (request, reply) => {
      const place = await placeOf(context, request);
      const body = bodyOf<RecordBody>(request);
      const operation: Operation = { op: 'post', id: newObjectId(), at: '', body };
      const { records, messages } = await committed(context, request, reply, place, [operation], 'created');
      return success(viewIn(place, records[0]!), { messages: [...messages] });
    },
  );
}

function showRoute(app: AdminApp, context: ZonesContext): void {
  app.get(
    ONE,
    {
      schema: {
        tags,
        summary: 'Show a record',
        params: objectParams('user', ZONE),
        response: answers(RecordView),
      },
    },
    async (request) => {
      const place = await placeOf(context, request);
      const id = objectIdOf(request);
      const own = place.own.byId.get(id);
      const stored = own === undefined ? await context.store.get('record', id) : undefined;
      const found = own?.record ?? (stored && isIn(place, stored) ? stored.value : undefined);
      if (found === undefined || recordsSeen()?.(found) === false) throw notFound();
      return success(viewIn(place, found));
    },
  );
}

function changeRoute(app: AdminApp, context: ZonesContext, method: 'PUT' | 'PATCH'): void {
  const isWhole = method === 'PUT';
  app.route({
    method,
    url: ONE,
    config: { writes: 'record' },
    schema: {
      tags,
      summary: isWhole ? 'Replace a record' : 'Change a record',
      params: objectParams('user', ZONE),
      body: isWhole ? RecordBody : RecordPatch,
      response: answers(RecordView),
    },
    attachValidation: true,
    preValidation: readOlderForm,
    handler: async (request, reply) => {
      const place = await placeOf(context, request);
      const id = objectIdOf(request as { params: { id: string }; url: string });
      const body = bodyOf<RecordBody>(request);
      const operation: Operation = { op: isWhole ? 'put' : 'patch', id, at: '', body };
      const what = isWhole ? 'replaced' : 'changed';
      const { records, messages } = await committed(context, request, reply, place, [operation], what);
      return success(viewIn(place, records[0]!), { messages: [...messages] });
    },
  });
}

function deleteRoute(app: AdminApp, context: ZonesContext): void {
  app.delete(
    ONE,
    {
      config: { writes: 'record' },
      schema: {
        tags,
        summary: 'Delete a record',
        params: objectParams('user', ZONE),
        response: answers(Type.Object({ id: Type.String() })),
      },
    },
    async (request, reply) => {
      const place = await placeOf(context, request);
      const id = objectIdOf(request);
      await committed(context, request, reply, place, [{ op: 'delete', id, at: '' }], 'deleted');
      return success({ id });
    },
  );
}

function batchRoute(app: AdminApp, context: ZonesContext): void {
  app.post(
    BATCH,
    {
      config: { writes: 'record' },
      schema: {
        tags,
        summary: 'Delete, change, replace and create records of a zone together or not at all',
        params: listParams('user', ZONE),
        body: BatchBody,
        response: answers(BatchView),
      },
      attachValidation: true,
      preValidation: readOlderForm,
    },
    async (request, reply) => {
      const place = await placeOf(context, request);
      const body = objectBodyOf(request) as BatchBody;
      const wrong = schemaProblemsOf(request, body, 2);
      if (wrong.length > 0) throw invalid(wrong, 'recordField');
      const operations = operationsOf(body);
      if (operations.length > BATCH_MAX)
        throw invalid([
          {
            pointer: '',
            rule: `has ${operations.length} changes; ${BATCH_MAX} at most`,
            error: 'recordField',
          },
        ]);
      const { records, messages } = await committed(context, request, reply, place, operations, 'changed');
      const views = (op: Operation['op']) =>
        records.filter((_, i) => operations[i]!.op === op).map((each) => viewIn(place, each));
      return success(
        { deletes: views('delete'), patches: views('patch'), puts: views('put'), posts: views('post') },
        { messages: [...messages] },
      );
    },
  );
}

/** The operations of a batch, in the order in which the reference makes them. */
function operationsOf({ deletes, patches, puts, posts }: BatchBody): Operation[] {
  const newId = createObjectIds();
  return [
    ...(deletes ?? []).map(({ id }, i): Operation => ({ op: 'delete', id, at: `/deletes/${i}` })),
    ...(patches ?? []).map((body, i): Operation => ({ op: 'patch', id: body.id, at: `/patches/${i}`, body })),
    ...(puts ?? []).map((body, i): Operation => ({ op: 'put', id: body.id, at: `/puts/${i}`, body })),
    ...(posts ?? []).map((body, i): Operation => ({ op: 'post', id: newId(), at: `/posts/${i}`, body })),
  ];
}

/** Reads older forms of the reference in a body before its schema is checked: of one record, or of the records of a batch. */
async function readOlderForm(request: { body: unknown }): Promise<void> {
  const { body } = request;
  if (typeof body !== 'object' || body === null) return;
  const lists = Object.entries(body).map(([key, list]) => [
    key,
    ['patches', 'puts', 'posts'].includes(key) && Array.isArray(list) ? list.map(withoutOwnerInData) : list,
  ]);
  request.body = Array.isArray(body) ? body : withoutOwnerInData(Object.fromEntries(lists));
}

/** The body of a request about one record. Throws ApiError with the problems of its schema. */
function bodyOf<T>(request: object): T {
  const body = objectBodyOf(request as { body: object });
  const wrong = schemaProblemsOf(request as FastifyRequest, body);
  if (wrong.length > 0) throw invalid(wrong, 'recordField');
  return body as T;
}

/** Commits operations, judged anew when others write in between. Logs them, and puts the revision in the answer. */
async function committed(
  { store, epochMs, aliases }: ZonesContext,
  request: object,
  reply: object,
  place: RecordsPlace,
  operations: readonly Operation[],
  what: string,
): Promise<Outcome> {
  const call = callOf(request as FastifyRequest);
  const { result, revision } = await commitJudged(store, async (read) => {
    const judged = await planOf(read, await placeAt(read, place), operations, epochMs());
    for (const { id } of operations) {
      const stored = read.records?.get(id);
      if (stored === undefined) continue;
      checkPrecondition(call, id, stored.revision);
      call.seen.set(seenKey('record', id), stored);
    }
    return judged;
  });
  const { log, header } = reply as FastifyReply;
  const [first] = result.records;
  const one =
    operations.length === 1 && first ? { record: first.id, name: first.name, type: first.type } : {};
  const many = operations.length === 1 ? {} : { changes: operations.length };
  log.info(
    { zone: place.zone.name, ...one, ...many, revision, ...writeFields() },
    operations.length === 1 ? `record ${what}` : 'records changed',
  );
  if (revision !== undefined) header.call(reply as FastifyReply, 'x-lifeguard-revision', revision);
  const kept = result.records.filter((_, i) => operations[i]?.op !== 'delete');
  return { ...result, messages: [...result.messages, ...(await loopMessages(kept, aliases))] };
}

function isIn({ zone }: RecordsPlace, { value }: StoredRecord): boolean {
  const { zoneName, zoneId } = zoneKeyOf(zone);
  return value.zoneName === zoneName && value.zoneId === zoneId;
}

/** The records of a query, and where their page lies. */
async function selected(
  { store }: ZonesContext,
  { zone, own }: RecordsPlace,
  query: RecordQuery & Parameters<typeof pageIn>[0],
): Promise<{ records: readonly DnsRecord[]; info: PageInfo }> {
  const { records } = await store.read();
  const ofApi = records?.inZone(zoneKeyOf(zone)) ?? NO_ZONE_RECORDS;
  const all: AllRecords = { own: { ...own, all: own.listed }, ofApi };
  const sees = recordsSeen();
  const { order = 'name', direction = 'asc' } = query;
  if (sees === undefined && isUnfiltered(query)) {
    const { from, to, info } = pageIn(query, numberOfRecords(all));
    return { records: await inSlice(all, { order, direction, from, to }), info };
  }
  const name = soughtName(query, zone.name);
  const among =
    name !== undefined
      ? recordsNamed(all, name)
      : order === 'name'
        ? recordsInOrder(all)
        : await orderedRecords(all, order);
  const found = await recordsWanted(among, query, zone.name, sees);
  const { from, to, info } = pageIn(query, found.length);
  return { records: found.slice(from, to), info };
}

/** A part of all records in an order, as slice() makes it. */
async function inSlice(
  all: AllRecords,
  {
    order,
    direction,
    from,
    to,
  }: Required<Pick<RecordQuery, 'order' | 'direction'>> & { from: number; to: number },
): Promise<readonly DnsRecord[]> {
  if (order === 'name' && direction === 'asc') return slicedRecords(all, from, to);
  const ordered = await orderedRecords(all, order);
  if (direction === 'asc') return ordered.slice(from, to);
  const { length } = ordered;
  return ordered.slice(Math.max(0, length - to), Math.max(0, length - from)).reverse();
}

function recordsNamed(all: AllRecords, name: string): DnsRecord[] {
  try {
    return recordsAt(all, ownerKeyOf({ name }));
  } catch (error) {
    if (error instanceof NameError) return [];
    throw error;
  }
}

/** The page of a query in a list of this length. */
function pageIn(
  query: {
    readonly page?: string;
    readonly per_page?: string;
    readonly limit?: string;
    readonly offset?: string;
  },
  total: number,
): { from: number; to: number; info: PageInfo } {
  const isByPage = query.page !== undefined || query.per_page !== undefined;
  const asked = Number((isByPage ? query.per_page : query.limit) ?? RECORDS_PER_PAGE);
  const perPage = Math.min(asked, RECORDS_PER_PAGE_MAX);
  const from = isByPage ? (Number(query.page ?? 1) - 1) * perPage : Number(query.offset ?? 0);
  const to = Math.min(from + perPage, total);
  return {
    from,
    to,
    info: {
      page: Math.floor(from / perPage) + 1,
      per_page: perPage,
      count: Math.max(0, to - from),
      total_count: total,
      total_pages: Math.ceil(total / perPage),
    },
  };
}

/** Formats records as JSON, a few at a time. */
async function textsOf(records: readonly DnsRecord[], place: RecordsPlace): Promise<string[]> {
  const isLong = createPieces();
  const texts: string[] = [];
  for (const record of records) {
    texts.push(escapeJson(JSON.stringify(viewIn(place, record))));
    const rest = isLong();
    if (rest) await rest;
  }
  return texts;
}
