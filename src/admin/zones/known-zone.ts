import { hash } from 'node:crypto';
import { foldName, formatName, isAtOrBelow, nameKey, parseName, type WireName } from '../../dns/name.ts';
import { Type } from '../../dns/type.ts';
import { parseAddress } from '../../pool/address.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import { formatFullName, formatOwner, parseOwner } from '../../zone/authoring/owner-name.ts';
import { placeOfZone } from '../../zone/authoring/written-places.ts';
import type { Zone } from '../../zone/zone.ts';
import { seesZone } from '../access/seen.ts';
import { UNKNOWN_TIME } from '../accounts/account.ts';
import { apiError } from '../http/errors.ts';
import { compare } from '../resource/compare.ts';
import { present } from '../resource/present.ts';
import { isObjectId } from '../schema/object-id.ts';

/** A zone of this server, from the configuration file or the API. */
export interface KnownZone extends AuthoredZone {
  /** True for a zone of the configuration file, which the API cannot change. */
  readonly isConfigured: boolean;
  /** Where the configuration file has it, as `file:line`; absent: it has none. */
  readonly place?: string;
  /** Its zone cuts, as host names; absent: it has none, as zones of the API. */
  readonly cuts?: readonly string[];
  /** The names that have a DNAME, as host names; absent: none, as zones of the API. */
  readonly dnames?: readonly string[];
}

/** A zone of the configuration file. Its identifier comes from its name, so that it is the same on every node. */
export function configuredZone(zone: Zone): KnownZone {
  const known = configuredZones.get(zone) ?? asKnown(zone);
  configuredZones.set(zone, known);
  return known;
}

const configuredZones = new WeakMap<Zone, KnownZone>();

function asKnown(zone: Zone): KnownZone {
  const name = nameOf(zone.apex);
  return {
    id: hash('sha256', `zone\n${name}`).slice(0, 32),
    name,
    type: 'full',
    paused: false,
    settings: settingsOf(zone),
    createdOn: UNKNOWN_TIME,
    modifiedOn: UNKNOWN_TIME,
    isConfigured: true,
    ...present({ place: placeOfZone(zone) }),
    cuts: cutsOf(zone),
    dnames: zone.rrsets.filter(({ type }) => type === Type.DNAME).map(({ owner }) => nameOf(owner)),
  };
}

function cutsOf({ apex, rrsets }: Zone): string[] {
  const servers = rrsets.filter(({ owner, type }) => type === Type.NS && owner.length > apex.length);
  return servers.map(({ owner }) => nameOf(owner));
}

/** Every zone, those of the configuration file among them, by name. */
export async function knownZones(store: DocumentStore, configured: readonly Zone[]): Promise<KnownZone[]> {
  const { documents } = await store.read();
  const authored = documentsOf(documents, 'zone').map(({ value }) => ({ ...value, isConfigured: false }));
  return [...configured.map(configuredZone), ...authored].sort((a, b) => compare(a.name, b.name));
}

/** A zone by its identifier. */
export async function knownZone(
  store: DocumentStore,
  configured: readonly Zone[],
  id: string,
): Promise<KnownZone | undefined> {
  const ours = configured.map(configuredZone).find((zone) => zone.id === id);
  if (ours !== undefined) return ours;
  const found = await store.get('zone', id);
  return found && { ...found.value, isConfigured: false };
}

/** Finds the zone in the path of a request below it. Throws ApiError where there is none. */
export async function zoneInPath(
  { store, configured }: { readonly store: DocumentStore; readonly configured: readonly Zone[] },
  { params }: { readonly params: unknown },
): Promise<KnownZone> {
  const id = String((params as { zone_id?: string }).zone_id);
  if (!isObjectId(id)) throw apiError('badIdentifier', { path: `/zones/${id}` });
  const zone = await knownZone(store, configured, id);
  if (zone === undefined) throw apiError('notFound');
  if (!seesZone(zone.name)) throw apiError('noRight', { what: `use zone ${zone.name}` });
  return zone;
}

/** The settings that would give a zone its SOA, NS and pools. */
export function settingsOf(zone: Zone): AuthoredZone['settings'] {
  const { apex, soa, rrsets, pools } = zone;
  const ns = rrsets.find(({ owner, type }) => type === Type.NS && owner.length === apex.length);
  return {
    ttl: ns?.ttlSeconds ?? soa.ttlSeconds,
    soa: {
      mname: formatFullName(soa.mname),
      rname: formatFullName(soa.rname),
      ttl: soa.ttlSeconds,
      refresh: soa.refreshSeconds,
      retry: soa.retrySeconds,
      expire: soa.expireSeconds,
      minimum: soa.minimumSeconds,
    },
    ns: (ns?.rdata ?? []).map((server) => ({
      name: formatFullName(server),
      ...addressesAt(zone, foldName(server)),
    })),
    ...(pools === undefined ? {} : { pools: formatOwner(pools, apex) }),
    pool_ttl: zone.poolTtlSeconds,
  };
}

function addressesAt({ apex, rrsets }: Zone, server: WireName): { addresses?: string[] } {
  if (!isAtOrBelow(server, apex)) return {};
  const sets = rrsets.filter(
    ({ owner, type }) => (type === Type.A || type === Type.AAAA) && nameKey(owner) === nameKey(server),
  );
  return { addresses: sets.flatMap(({ rdata }) => rdata.map(addressText)) };
}

function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16),
  );
  const text = groups.join(':');
  const address = parseAddress(text);
  return address.kind === 'ipv6' ? address.canonical : text;
}

/** Returns the name below which the pools of a zone answer, as a host name; undefined: they answer nowhere in it. */
export function poolsNameOf({ name, settings }: KnownZone): string | undefined {
  // It was checked where it was written.
  return settings.pools === undefined ? undefined : nameOf(parseOwner(settings.pools, parseName(name)));
}

/** A name as authored zones have theirs: without the final dot, unless it is the root's. */
function nameOf(name: WireName): string {
  return formatName(name).replace(/(?<=.)\.$/, '');
}
