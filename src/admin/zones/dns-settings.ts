import Type from 'typebox';
import type { AuthoredZone, ZoneSettings } from '../../zone/authored-zone.ts';
import { readAuthoredZone } from '../../zone/authoring/read-authored-zone.ts';
import { writeFields } from '../access/write-log.ts';
import { type AdminApp, allowOnly, listParams } from '../app.ts';
import { answers, type Message, success } from '../http/envelope.ts';
import { listOfNames } from '../resource/name-words.ts';
import { present } from '../resource/present.ts';
import { updateDocument } from '../resource/write.ts';
import { timestamp } from '../schema/timestamp.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { DnsSettingsPatch, DnsSettingsView } from './dns-settings-schema.ts';
import { type KnownZone, settingsOf, zoneInPath } from './known-zone.ts';
import type { ZonesContext } from './routes.ts';
import { refuseConfigured, refuseProblems, unservedProblems, zoneDraft } from './rules.ts';

const PATH = '/zones/:zone_id/dns_settings';
/** The code of the message that properties have no effect. */
const WITHOUT_EFFECT = 10102;
/** Maximum number of properties in that message. */
const LISTED_MAX = 10;

/** What the reference shows where nobody chose; nothing of it has an effect here. */
const INERT_DEFAULTS = {
  nameservers: { type: 'cloudflare.standard' },
  zone_mode: 'standard',
  flatten_all_cnames: false,
  foundation_dns: false,
  multi_provider: false,
  secondary_overrides: false,
  internal_dns: {},
};
type Inert = keyof typeof INERT_DEFAULTS;
const INERT = Object.keys(INERT_DEFAULTS) as Inert[];

/** Registers the DNS settings of zones, as the reference has them, below the prefix of `app`. */
export function dnsSettingsRoutes(app: AdminApp, context: ZonesContext): void {
  const { store, epochMs, configured } = context;
  const schema = {
    tags: ['zones'],
    params: listParams('user', { zone_id: Type.String() }),
    response: answers(DnsSettingsView),
  };
  app.get(PATH, { schema: { ...schema, summary: 'Show the DNS settings of a zone' } }, async (request) =>
    success(dnsSettingsView(await zoneInPath(context, request))),
  );

  app.patch(
    PATH,
    {
      config: { writes: 'zone' },
      schema: { ...schema, summary: 'Change the DNS settings of a zone', body: DnsSettingsPatch },
      attachValidation: true,
    },
    async (request, reply) => {
      const found = await zoneInPath(context, request);
      refuseConfigured(found);
      const { id } = found;
      const written = await updateDocument(store, 'zone', id, async (was) => {
        const body = objectBodyOf(request);
        const wrong = bodyProblems(request, body, () => []);
        refuseProblems(wrong, []);
        const zone = withDnsSettings(was, body, timestamp(epochMs()));
        refuseProblems([], await unservedProblems(store, configured, zone, pointerOf));
        return zoneDraft(zone);
      });
      const { value, revision } = written;
      reply.log.info(
        { zone: value.id, name: value.name, revision, ...writeFields() },
        'DNS settings of a zone changed',
      );
      reply.header('x-lifeguard-revision', revision);
      return success(dnsSettingsView({ ...value, isConfigured: false }), {
        messages: messagesOf(request.body),
      });
    },
  );
  allowOnly(app, PATH, ['GET', 'PATCH']);
}

/** Formats the DNS settings of a zone, those that it has by default among them. */
export function dnsSettingsView(zone: KnownZone): object {
  const reading = zone.isConfigured ? undefined : readAuthoredZone(zone);
  const { ttl, soa } = reading?.ok ? settingsOf(reading.zone) : zone.settings;
  const { minimum, ...times } = soa ?? {};
  return { soa: { ...times, min_ttl: minimum }, ns_ttl: ttl, ...INERT_DEFAULTS, ...zone.dnsSettings };
}

/** The zone that a PATCH of its DNS settings makes. */
function withDnsSettings(was: AuthoredZone, patch: DnsSettingsPatch, now: string): AuthoredZone {
  const inert = { ...was.dnsSettings };
  for (const key of INERT) {
    const given = patch[key];
    if (given === null) delete inert[key];
    else if (given !== undefined) inert[key] = given;
  }
  const { dnsSettings: _, ...rest } = was;
  return {
    ...rest,
    settings: settingsWith(was, patch),
    ...(Object.keys(inert).length > 0 && { dnsSettings: inert }),
    modifiedOn: now,
  };
}

function settingsWith(was: AuthoredZone, { soa, ns_ttl: nsTtl }: DnsSettingsPatch): ZoneSettings {
  const { ttl, soa: soaBefore, ...rest } = was.settings;
  const isTtlGiven = nsTtl !== undefined;
  const nextTtl = isTtlGiven ? (nsTtl ?? undefined) : ttl;
  // The TTL of the SOA is by default that of the NS, and stays as it is where only that changes.
  const reading = isTtlGiven ? readAuthoredZone(was) : undefined;
  const kept = reading?.ok ? { ttl: reading.zone.soa.ttlSeconds } : {};
  const before = soa === null ? {} : { ...(isTtlGiven && kept), ...soaBefore };
  const { min_ttl: minimum, ...times } = soa ?? {};
  const given: Record<string, unknown> = { ...times, minimum };
  const merged = { ...before, ...present(given) };
  const next = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  return {
    ...rest,
    ...present({ ttl: nextTtl }),
    ...(Object.keys(next).length > 0 && { soa: next }),
  };
}

function messagesOf(body: DnsSettingsPatch): Message[] {
  const given = INERT.filter((key) => body[key] !== undefined && body[key] !== null);
  if (given.length === 0) return [];
  const message = `These DNS settings are stored, but have no effect: ${listOfNames(given, LISTED_MAX)}.`;
  return [{ code: WITHOUT_EFFECT, message, type: null }];
}

/** `soa.minimum` as the pointer `/soa/min_ttl`. */
function pointerOf(path: string): string {
  if (path === 'ttl') return '/ns_ttl';
  if (path === 'soa.minimum') return '/soa/min_ttl';
  return path.startsWith('soa.') ? `/${path.replace('.', '/')}` : '';
}
