import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import type { Zone } from '../../zone/zone.ts';
import { type AdminApp, type AdminContext, allowOnly, objectIdOf, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { pageOf } from '../http/paging.ts';
import { invalid, type Problem } from '../http/problem.ts';
import type { Draft, Written } from '../resource/draft.ts';
import { present } from '../resource/present.ts';
import { createDocument, deleteDocument, updateDocument } from '../resource/write.ts';
import { timestamp } from '../schema/timestamp.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { type AccountOf, ZoneQuery, zonesWanted } from './filter.ts';
import { type KnownZone, knownZone, knownZones, settingsOf } from './known-zone.ts';
import { refuseConfigured, unservedProblems } from './rules.ts';
import { SettingsPatch, ZoneBody, ZonePatch, ZoneView } from './schema.ts';
import { zoneView } from './view.ts';

/** Further parts that the routes of zones need: the account, and the zones of the configuration file. */
export interface ZonesContext extends Pick<AdminContext, 'store' | 'epochMs'> {
  readonly account: AccountOf;
  readonly configured: readonly Zone[];
}

/** Default number of zones on a page. */
export const ZONES_PER_PAGE = 20;
/** The default name below which pools are answered. */
export const POOLS_LABEL = 'pools';

const LIST = '/zones';
const ONE = `${LIST}/:id`;
const SETTINGS = `${ONE}/settings`;
const tags = ['zones'];

/** Registers the routes of zones below the prefix of `app`. */
export function zoneRoutes(app: AdminApp, context: ZonesContext): void {
  const { store, epochMs, account, configured } = context;
  const view = (zone: AuthoredZone) => zoneView(zone, account);

  app.get(
    LIST,
    {
      schema: {
        tags,
        summary: 'List zones',
        querystring: ZoneQuery,
        response: answers(Type.Array(ZoneView), 'paged'),
      },
    },
    async ({ query }) => {
      const found = zonesWanted(await knownZones(store, configured), query, account);
      const { page, per_page: perPage, limit = ZONES_PER_PAGE, offset } = query;
      const paging = { ...present({ page, offset }), limit: String(limit) };
      const { items, info } = pageOf(
        found,
        page === undefined && perPage === undefined
          ? paging
          : { ...paging, per_page: perPage ?? paging.limit },
      );
      return success(items.map(view), { info });
    },
  );

  app.post(
    LIST,
    {
      config: { writes: 'zone' },
      schema: { tags, summary: 'Create a zone', body: ZoneBody, response: answers(ZoneView) },
      attachValidation: true,
    },
    async (request, reply) => {
      const body = objectBodyOf(request);
      const wrong = bodyProblems(request, body, () => []);
      if (wrong.some(({ pointer }) => /^\/(name|account)/.test(pointer))) throw invalid(wrong);
      const asked = body.account?.id;
      if (asked && !account.isAny && asked !== account.id) throw apiError('otherAccount');
      const now = timestamp(epochMs());
      const [first] = configured;
      if (first === undefined) throw invalid([noServers()]);
      const zone: Omit<AuthoredZone, 'id'> = {
        name: body.name.toLowerCase().replace(/\.$/, ''),
        type: body.type ?? 'full',
        paused: false,
        settings: { ns: settingsOf(first).ns.map(({ name }) => ({ name })), pools: POOLS_LABEL },
        createdOn: now,
        modifiedOn: now,
      };
      refuse(wrong, await unservedProblems(store, configured, { ...zone, id: '' }, () => '/name'));
      const written = await createDocument(store, 'zone', (id) => draftOf({ id, ...zone }));
      return answerWrite(reply, written, 'zone created', view);
    },
  );
  allowOnly(app, LIST, ['GET', 'POST']);

  app.get(
    ONE,
    { schema: { tags, summary: 'Show a zone', params: objectParams('user'), response: answers(ZoneView) } },
    async (request) => success(view(await zoneBy(context, objectIdOf(request)))),
  );

  app.patch(
    ONE,
    {
      config: { writes: 'zone' },
      schema: {
        tags,
        summary: 'Change a zone',
        params: objectParams('user'),
        body: ZonePatch,
        response: answers(ZoneView),
      },
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      refuseConfigured(await zoneBy(context, id));
      const { paused, type, vanity_name_servers: vanity } = request.body;
      const written = await updateDocument(store, 'zone', id, (was) => {
        const { vanityNameServers = undefined, ...rest } = was;
        return draftOf({
          ...rest,
          paused: paused === undefined ? was.paused : (paused ?? false),
          type: type === undefined ? was.type : (type ?? 'full'),
          ...present({ vanityNameServers: vanity === undefined ? vanityNameServers : (vanity ?? undefined) }),
          modifiedOn: timestamp(epochMs()),
        });
      });
      return answerWrite(reply, written, 'zone changed', view);
    },
  );

  app.delete(
    ONE,
    {
      config: { writes: 'zone' },
      schema: {
        tags,
        summary: 'Delete a zone',
        params: objectParams('user'),
        response: answers(Type.Object({ id: Type.String() })),
      },
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      refuseConfigured(await zoneBy(context, id));
      const revision = await deleteDocument(store, 'zone', id);
      reply.log.info({ zone: id, revision }, 'zone deleted');
      reply.header('x-lifeguard-revision', revision);
      return success({ id });
    },
  );
  allowOnly(app, ONE, ['GET', 'PATCH', 'DELETE']);
}

/** Registers the settings of zones, which the reference does not have, below the prefix of `app`. */
export function zoneSettingsRoutes(app: AdminApp, context: ZonesContext): void {
  const { store, epochMs, configured } = context;
  app.get(
    SETTINGS,
    {
      schema: {
        tags,
        summary: 'Show the settings of a zone',
        params: objectParams('user'),
        response: answers(SettingsPatch),
      },
    },
    async (request) => success((await zoneBy(context, objectIdOf(request))).settings),
  );

  app.patch(
    SETTINGS,
    {
      config: { writes: 'zone' },
      schema: {
        tags,
        summary: 'Change the settings of a zone',
        params: objectParams('user'),
        body: SettingsPatch,
        response: answers(SettingsPatch),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      refuseConfigured(await zoneBy(context, id));
      const written = await updateDocument(store, 'zone', id, async (was) => {
        const body = objectBodyOf(request);
        const settings = withoutNulls({ ...was.settings, ...body }) as AuthoredZone['settings'];
        const zone = { ...was, settings, modifiedOn: timestamp(epochMs()) };
        const wrong = bodyProblems(request, body, () => []);
        refuse(wrong, await unservedProblems(store, configured, zone, pointerOf));
        return draftOf(zone);
      });
      return answerWrite(reply, written, 'settings of a zone changed', ({ settings }) => settings);
    },
  );
  allowOnly(app, SETTINGS, ['GET', 'PATCH']);
}

async function zoneBy({ store, configured }: ZonesContext, id: string): Promise<KnownZone> {
  const found = await knownZone(store, configured, id);
  if (found === undefined) throw apiError('notFound');
  return found;
}

function answerWrite<T>(
  reply: FastifyReply,
  { value, revision }: Written<'zone'>,
  what: string,
  view: (zone: AuthoredZone) => T,
) {
  reply.log.info({ zone: value.id, name: value.name, revision }, what);
  reply.header('x-lifeguard-revision', revision);
  return success(view(value));
}

function draftOf(zone: AuthoredZone): Draft<'zone'> {
  return {
    value: zone,
    unique: [{ key: zone.name, pointer: '/name', rule: 'is that of another zone' }],
    references: [],
  };
}

function noServers() {
  const sentence =
    'A new zone gets the name servers of the first zone in the configuration file, but the file has no zone.';
  return { pointer: '', rule: '', sentence };
}

/** Throws the problems of the schema and of the rules, if any; each place has one problem at most. */
function refuse(bySchema: readonly Problem[], byRule: readonly Problem[]): void {
  const reported = new Set(bySchema.map(({ pointer }) => pointer));
  const all = [...bySchema, ...byRule.filter(({ pointer }) => !reported.has(pointer))];
  if (all.length > 0) throw invalid(all);
}

/** `ns[0].name` as the pointer `/ns/0/name`. */
function pointerOf(path: string): string {
  return path === '' ? '' : `/${path.replaceAll('[', '.').replaceAll(']', '').replaceAll('.', '/')}`;
}

/** A copy without members that are null, which means the default. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}
