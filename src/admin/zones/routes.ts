import { Records } from '../../store/reading/records.ts';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import type { Zone } from '../../zone/zone.ts';
import { seesZone } from '../access/seen.ts';
import { writeFields } from '../access/write-log.ts';
import { type AdminApp, type AdminContext, allowOnly, objectIdOf, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import type { Problem } from '../http/problem.ts';
import { present } from '../resource/present.ts';
import type { Fields } from '../resource/resource.ts';
import { resourceRoutes } from '../resource/routes.ts';
import { updateDocument } from '../resource/write.ts';
import { FORMATS } from '../schema/formats.ts';
import { timestamp } from '../schema/timestamp.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import type { AliasSource } from './alias-source.ts';
import { type AccountOf, ZoneFilter, type ZoneQuery, zonesWanted } from './filter.ts';
import { hiddenRecordProblems } from './hidden-records.ts';
import { ZONE } from './kind.ts';
import { type KnownZone, knownZone, knownZones } from './known-zone.ts';
import { newZone, patched, withoutNulls } from './new-zone.ts';
import { refuseConfigured, refuseProblems, unservedProblems, zoneDraft } from './rules.ts';
import { SettingsPatch, ZoneBody, ZonePatch, ZoneView } from './schema.ts';
import { zoneView } from './view.ts';

/** Further parts that the routes of zones need: the account, and the zones of the configuration file. */
export interface ZonesContext extends Pick<AdminContext, 'store' | 'health' | 'epochMs'> {
  readonly account: AccountOf;
  readonly configured: readonly Zone[];
  /** Absent: nothing is known of where aliases lead. */
  readonly aliases?: AliasSource;
}

/** Default number of zones on a page. */
export const ZONES_PER_PAGE = 20;

const LIST = '/zones';
const ONE = `${LIST}/:id`;
const SETTINGS = `${ONE}/settings`;
const TAG = 'zones';

/** Registers the routes of zones below the prefix of `app`. */
export function zoneRoutes(app: AdminApp, context: ZonesContext): void {
  const { store, epochMs, account, configured } = context;
  resourceRoutes<'zone', ZoneBody & ZonePatch>(app, context, {
    kind: ZONE,
    form: 'user',
    path: LIST,
    tag: TAG,
    View: ZoneView,
    views: (zones) => zones.map((zone) => zoneView(zone, account)),
    logFields: (id, zone) => ({ zone: id, ...(zone && { name: zone.name }) }),
    find: async (id) => {
      const zone = await knownZone(store, configured, id);
      return zone && seesZone(zone.name) ? zone : undefined;
    },
    refuseWrite: async (id) => refuseConfigured(await zoneBy(context, id)),
    list: {
      query: ZoneFilter,
      all: async () => (await knownZones(store, configured)).filter(({ name }) => seesZone(name)),
      selected: (all, query) => zonesWanted(all, query as ZoneQuery, account),
      paging: ({ page, per_page: perPage, limit = String(ZONES_PER_PAGE), offset }) => {
        const paging = { ...present({ page, offset }), limit };
        return page === undefined && perPage === undefined
          ? paging
          : { ...paging, per_page: perPage ?? limit };
      },
    },
    writing: {
      methods: ['POST', 'PATCH'],
      Body: ZoneBody,
      Patch: ZonePatch,
      merged: (_, patch) => patch,
      problems: (body, _, was) => (was === undefined ? newZoneProblems(context, body) : []),
      references: () => [],
      draft: (body, { id, was }) => {
        const now = timestamp(epochMs());
        return zoneDraft(was === undefined ? newZone(context, body, id, now) : patched(was, body, now));
      },
      messages: () => [],
    },
    deletion: 'identifier',
    faults: { notUnique: 'zoneExists' },
  });
}

/** Finds problems of a new zone besides those of its schema. Throws ApiError for another account. */
async function newZoneProblems(
  { store, account, configured }: ZonesContext,
  body: Fields,
): Promise<Problem[]> {
  const { name, account: owner } = body as Partial<ZoneBody>;
  // The schema reports a wrong name.
  if (typeof name !== 'string' || !FORMATS['zone-name'].holds(name)) return [];
  const asked = owner?.id;
  if (typeof asked === 'string' && asked !== '' && !account.isAny && asked !== account.id)
    throw apiError('otherAccount');
  if (configured.length === 0) return [noServers()];
  const zone = newZone({ configured }, { name }, '', '');
  return unservedProblems(store, configured, zone, () => '/name');
}

/** Registers the settings of zones, which the reference does not have, below the prefix of `app`. */
export function zoneSettingsRoutes(app: AdminApp, context: ZonesContext): void {
  const { store, epochMs, configured } = context;
  app.get(
    SETTINGS,
    {
      schema: {
        tags: [TAG],
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
        tags: [TAG],
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
        refuseProblems(wrong, await unservedProblems(store, configured, zone, pointerOf));
        refuseProblems([], await hiddenRecordProblems(await ownersIn(store, was), was, zone, pointerOf));
        return zoneDraft(zone);
      });
      const { value, revision } = written;
      reply.log.info(
        { zone: value.id, name: value.name, revision, ...writeFields() },
        'settings of a zone changed',
      );
      reply.header('x-lifeguard-revision', revision);
      return success(value.settings);
    },
  );
  allowOnly(app, SETTINGS, ['GET', 'PATCH']);
}

/** The records of a zone that the API has. */
async function ownersIn(store: ZonesContext['store'], { name: zoneName, id: zoneId }: AuthoredZone) {
  const { records = Records.NONE } = await store.read();
  return records.inZone({ zoneName, zoneId }).owners;
}

async function zoneBy({ store, configured }: ZonesContext, id: string): Promise<KnownZone> {
  const found = await knownZone(store, configured, id);
  if (found === undefined) throw apiError('notFound');
  return found;
}

function noServers() {
  const sentence =
    'A new zone gets the name servers of the first zone in the configuration file, but the file has no zone.';
  return { pointer: '', rule: '', sentence };
}

/** `ns[0].name` as the pointer `/ns/0/name`. */
function pointerOf(path: string): string {
  return path === '' ? '' : `/${path.replaceAll('[', '.').replaceAll(']', '').replaceAll('.', '/')}`;
}
