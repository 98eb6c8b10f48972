import { hash } from 'node:crypto';
import { orderKey } from '../../dns/canonical-order.ts';
import { formatName } from '../../dns/name.ts';
import { recordTypeOf, Type } from '../../dns/type.ts';
import { createPieces } from '../../pace/next-turn.ts';
import { printRdata } from '../../rdata/rdata.ts';
import { recordTypeName } from '../../rdata/record-type.ts';
import { readAuthoredZone } from '../../zone/authoring/read-authored-zone.ts';
import { placesOfRecords } from '../../zone/authoring/written-places.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import type { Zone } from '../../zone/zone.ts';
import { UNKNOWN_TIME } from '../accounts/account.ts';
import { compare } from '../resource/compare.ts';
import { present } from '../resource/present.ts';
import { type KnownZone, settingsOf } from '../zones/known-zone.ts';
import { withoutFinalDot } from './owner-name.ts';

/** Where records come from that are none of the API: the configuration file, or the settings of a zone. */
export type OwnSource = 'configuration' | 'zone';

/** A record that a zone has without the API, and the key of its owner (orderKey). */
export interface OwnRecord {
  readonly record: DnsRecord;
  readonly ownerKey: string;
  /** Where the configuration file, or a zone file, has it, as `file:line`; absent: it is in none. */
  readonly place?: string;
}

/** The records that a zone has without the API: those of the configuration file, or the addresses of its name servers. */
export interface OwnRecords {
  readonly source: OwnSource;
  /** The zone without the API; undefined: its settings cannot be read. */
  readonly served: Zone | undefined;
  /** In canonical order of their owners. */
  readonly all: readonly OwnRecord[];
  /** Those that lists show: without the addresses of the zone's name servers, which are settings, as the name servers are. */
  readonly listed: readonly OwnRecord[];
  readonly byId: ReadonlyMap<string, OwnRecord>;
  /** By the keys of their owners. */
  readonly byOwner: ReadonlyMap<string, readonly OwnRecord[]>;
}

const known = new WeakMap<object, Promise<OwnRecords>>();

/** Lists the records that a zone has without the API; its SOA and NS are settings, and left out. The first time takes long for a large zone, so it is made in pieces. */
export function ownRecordsOf(zone: KnownZone, configured: readonly Zone[]): Promise<OwnRecords> {
  const source = zone.isConfigured ? configured.find(({ apex }) => isNamed(apex, zone.name)) : zone.settings;
  if (source === undefined) return Promise.resolve(NONE);
  const found = known.get(source);
  if (found !== undefined) return found;
  const made = gathered(zone, servedOf(zone, configured));
  known.set(source, made);
  return made;
}

const NONE: OwnRecords = {
  source: 'zone',
  served: undefined,
  all: [],
  listed: [],
  byId: new Map(),
  byOwner: new Map(),
};

/** Finds what a zone has without the API; undefined: its settings cannot be read. */
export function servedOf(zone: KnownZone, configured: readonly Zone[]): Zone | undefined {
  if (zone.isConfigured) return configured.find(({ apex }) => isNamed(apex, zone.name));
  const reading = readAuthoredZone(zone);
  return reading.ok ? reading.zone : undefined;
}

async function gathered(zone: KnownZone, served: Zone | undefined): Promise<OwnRecords> {
  const source = zone.isConfigured ? 'configuration' : 'zone';
  if (served === undefined) return { ...NONE, source };
  const all: OwnRecord[] = [];
  const servers = new Set(settingsOf(served).ns.map(({ name }) => name.toLowerCase()));
  const isLong = createPieces();
  for (const set of served.rrsets) {
    const { owner, type, ttlSeconds, rdata } = set;
    const places = zone.isConfigured ? placesOfRecords(set) : [];
    if (type === Type.NS && owner.length === served.apex.length) continue;
    const [name, ownerKey] = [withoutFinalDot(formatName(owner)), orderKey(owner)];
    for (const [i, each] of rdata.entries()) {
      const rest = isLong();
      if (rest) await rest;
      const content = printRdata(recordTypeOf(type), each);
      all.push({
        ownerKey,
        ...present({ place: places[i] }),
        record: recordOf(zone, { name, type: recordTypeName(type), content, ttl: ttlSeconds }),
      });
    }
  }
  all.sort((a, b) => compare(a.ownerKey, b.ownerKey));
  const isSetting = ({ name, type }: DnsRecord) => servers.has(name) && (type === 'A' || type === 'AAAA');
  const listed = all.filter(({ record }) => !isSetting(record));
  const byId = new Map(all.map((each) => [each.record.id, each]));
  return { source, served, all, listed, byId, byOwner: Map.groupBy(all, ({ ownerKey }) => ownerKey) };
}

/** A record whose identifier comes from what it is, so that it is the same on every node. */
function recordOf(zone: KnownZone, held: Pick<DnsRecord, 'name' | 'type' | 'content' | 'ttl'>): DnsRecord {
  const { name, type, content } = held;
  return {
    id: hash('sha256', `record\n${zone.name}\n${name}\n${type}\n${content}`).slice(0, 32),
    zoneName: zone.name,
    ...(zone.isConfigured ? {} : { zoneId: zone.id }),
    ...held,
    proxied: false,
    tags: [],
    createdOn: zone.isConfigured ? UNKNOWN_TIME : zone.createdOn,
    modifiedOn: zone.isConfigured ? UNKNOWN_TIME : zone.modifiedOn,
  };
}

function isNamed(apex: Parameters<typeof formatName>[0], name: string): boolean {
  return withoutFinalDot(formatName(apex)) === name;
}
