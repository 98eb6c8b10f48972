import { ipv4Octets, ipv6Octets } from '../../dns/address-octets.ts';
import {
  foldName,
  formatName,
  isAtOrBelow,
  NAME_OCTETS_MAX,
  parentOf,
  type WireName,
} from '../../dns/name.ts';
import { TTL_SECONDS_MAX } from '../../dns/rrset.ts';
import type { Problem } from '../../input/problem.ts';
import {
  integer,
  keyIn,
  later,
  list,
  mapping,
  optional,
  type Place,
  type Reader,
  report,
  required,
  section,
  shapedAs,
  sound,
  TextError,
  text,
} from '../../input/reader.ts';
import type { Soa, Zone } from '../zone.ts';
import { overlaps, type Placed } from './overlapping-zones.ts';
import { isWildcard, parseApex, parseFullName, parseOwner } from './owner-name.ts';
import { parseRecordData, type RecordData, type StaticRecord, staticRecords, ttl } from './static-record.ts';
import { writtenAt } from './written-places.ts';
import { type OpenZoneFile, readNamedFile } from './zone-file.ts';
import { type Draft, delegationProblems, recordProblems, rrsetsOf } from './zone-rules.ts';

/** Maximum number of zones in the configuration. */
export const CONFIGURED_ZONES_MAX = 1_000;
/** Maximum number of name servers of a zone. */
export const NAME_SERVERS_MAX = 32;
/** Maximum number of addresses of a name server. */
export const ADDRESSES_MAX = 16;
/** Maximum number of entries under `records`. */
export const RECORDS_MAX = 100_000;
/** Octets of the longest label with its length, which a pool needs before the pools name. */
const LABEL_ROOM = 64;

/** Default TTL of the records of a zone, in seconds. */
const ZONE_TTL = 3_600;
/** Default TTL of the answers of pools, in seconds: short, since they change with health. */
const POOL_TTL = 30;
/** Default times of the SOA: those for secondaries from RFC 1912 §2.2; the negative TTL is short but not 0. */
const SOA_TIMES = { refresh: 3_600, retry: 600, expire: 1_209_600, minimum: 10 };

const name = text(parseFullName);
const duration = integer(1, TTL_SECONDS_MAX);

/** Reads `hostmaster@example.org`, in which dots before the @ become part of the first label, or a name (RFC 1035 §8), in which an @ is escaped. */
const mailbox = text((found) => {
  const at = found.replaceAll(/\\./gs, '__').lastIndexOf('@');
  if (at === -1) return parseFullName(found);
  const local = found.slice(0, at).replaceAll(/[\\.]/g, '\\$&');
  if (local === '') throw new TextError('has nothing before the @');
  return parseFullName(`${local}.${found.slice(at + 1)}`);
});

const address: Reader<RecordData & { readonly path: string }> = (value, place) => {
  const data = text((found) => {
    if (ipv4Octets(found) !== undefined) return parseRecordData('A', found);
    if (ipv6Octets(found) === undefined) throw new TextError('is not an IP address');
    return parseRecordData('AAAA', found);
  })(value, place);
  return data === undefined ? undefined : { path: place.path, ...data };
};

const soa = section({
  mname: optional(name),
  rname: optional(mailbox),
  ttl: optional(ttl),
  refresh: optional(duration, SOA_TIMES.refresh),
  retry: optional(duration, SOA_TIMES.retry),
  expire: optional(duration, SOA_TIMES.expire),
  minimum: optional(duration, SOA_TIMES.minimum),
});

const server = mapping({ name: required(name), addresses: optional(list(address, 1, ADDRESSES_MAX)) });
type Server = { readonly path: string } & NonNullable<ReturnType<typeof server>>;
const serverWithPath: Reader<Server> = shapedAs(server, (value, place) => {
  const found = server(value, place);
  return found === undefined ? undefined : { ...found, path: place.path };
});

const outline = mapping({
  name: required(text(parseApex)),
  ttl: optional(ttl, ZONE_TTL),
  soa,
  ns: optional(list(serverWithPath, 1, NAME_SERVERS_MAX)),
  pools: optional(later),
  pool_ttl: optional(ttl, POOL_TTL),
  records: optional(shapedAs(list(staticRecords(undefined, ZONE_TTL), 0, RECORDS_MAX), later), []),
  file: optional(later),
});
/** Keys whose values a zone file has. */
const KEYS_OF_FILE = ['ttl', 'soa', 'ns', 'records'];

type Outline = NonNullable<ReturnType<typeof outline>>;

/** A zone after reading. */
interface Read extends Placed {
  /** Undefined where a problem was reported. */
  readonly zone?: Zone;
}

/** Makes a reader of the list `zones`, which reports every problem of every zone. Without `open`, no zone can name a file. */
export function zonesWith(open: OpenZoneFile | undefined): Reader<Zone[]> {
  const readAll = list(zoneWith(open), 0, CONFIGURED_ZONES_MAX);
  return shapedAs(readAll, (value, place) => {
    const read = readAll(value, place) ?? [];
    add(overlaps(read), place);
    return read.flatMap(({ zone, path }) => (zone === undefined ? [] : writtenAt(zone, path)));
  });
}

function zoneWith(open: OpenZoneFile | undefined): Reader<Read> {
  return shapedAs(outline, (value, place) => {
    const before = place.problems.length;
    const read = outline(value, place);
    if (read === undefined) return undefined;
    const has = (key: string) => Object.hasOwn(value as object, key);
    if (!has('file')) {
      if (!has('ns')) report(keyIn(place, 'ns'), 'is missing');
      return zoneOfKeys(read, place, before);
    }
    if (open === undefined) return report(keyIn(place, 'file'), 'is not a key here');
    for (const key of KEYS_OF_FILE.filter(has))
      report(keyIn(place, key), 'is in the zone file; remove it here');
    return zoneOfFile(read, open, place, before);
  });
}

/** Reads a zone whose SOA, NS and other records are in a zone file. */
function zoneOfFile(read: Outline, open: OpenZoneFile, place: Place, before: number): Read | undefined {
  const apex = read.name;
  if (apex === undefined) return undefined;
  const pools = read.pools === undefined ? undefined : poolsName(apex)(read.pools, keyIn(place, 'pools'));
  const found = readNamedFile(read.file, open, apex, place);
  if (found === undefined) return undefined;
  const { soa } = found;
  const draft: Draft = { apex, ...(pools && { pools }), records: found.records };
  add(recordProblems(draft), place);
  add(delegationProblems(draft), place);
  const whole = sound(read, place.problems.slice(before));
  if (whole === undefined) return { path: place.path, draft };
  const rest = { ...(pools && { pools }), poolTtlSeconds: whole.pool_ttl };
  return { path: place.path, draft, zone: { apex, soa: soa.settings, rrsets: rrsetsOf(draft), ...rest } };
}

/** Reads a zone whose SOA, NS and other records are keys of the configuration. */
function zoneOfKeys(read: Outline, place: Place, before: number): Read | undefined {
  const apex = read.name;
  const zoneTtl = read.ttl ?? ZONE_TTL;
  const authored = list(staticRecords(apex, zoneTtl), 0, RECORDS_MAX);
  const records = authored(read.records, keyIn(place, 'records'))?.flat() ?? [];
  if (apex === undefined) return undefined;
  const pools = read.pools === undefined ? undefined : poolsName(apex)(read.pools, keyIn(place, 'pools'));
  refuseApexServers(records, apex, place);
  const served = (read.ns ?? []).flatMap((each) => serverRecords(each, apex, zoneTtl, place));
  const draft: Draft = { apex, ...(pools && { pools }), records: [...served, ...records] };
  const isUnderstood = place.problems.slice(before).every((problem) => isBesideRecords(problem, place));
  add(recordProblems(draft), place);
  if (isUnderstood) add(delegationProblems(draft), place);
  const rname = read.soa && mailboxOf(read.soa.rname, apex, place);
  const whole = sound(read, place.problems.slice(before));
  const mname = read.soa?.mname ?? read.ns?.[0]?.name;
  if (whole === undefined || mname === undefined || rname === undefined) return { path: place.path, draft };
  const { ttl: soaTtl = whole.ttl, refresh, retry, expire, minimum } = whole.soa;
  const soa: Soa = {
    mname,
    rname,
    ttlSeconds: soaTtl,
    refreshSeconds: refresh,
    retrySeconds: retry,
    expireSeconds: expire,
    minimumSeconds: minimum,
  };
  const rest = { ...(pools && { pools }), poolTtlSeconds: whole.pool_ttl };
  return { path: place.path, draft, zone: { apex, soa, rrsets: rrsetsOf(draft), ...rest } };
}

/** The mailbox of a zone. Every zone has the mailbox hostmaster (RFC 2142 §7), so that is the default. */
function mailboxOf(written: Uint8Array | undefined, apex: WireName, place: Place): Uint8Array | undefined {
  return written ?? text((found) => parseOwner(found, apex))('hostmaster', keyIn(place, 'soa.rname'));
}

/** Keys of a zone whose problems do not affect its records. */
const BESIDE_RECORDS = ['soa', 'ttl', 'pool_ttl'];

function isBesideRecords({ path }: Problem, place: Place): boolean {
  return BESIDE_RECORDS.some((key) => `${path}.`.startsWith(`${keyIn(place, key).path}.`));
}

function add(problems: readonly Problem[], place: Place): void {
  for (const problem of problems) place.problems.push(problem);
}

function poolsName(apex: WireName): Reader<WireName> {
  return text((found) => {
    const pools = parseOwner(found, apex);
    if (pools.length === apex.length)
      throw new TextError('is the apex of the zone; pools need a name below it');
    for (let at: WireName | undefined = pools; at !== undefined; at = parentOf(at))
      if (isWildcard(at)) throw new TextError('is at or below a wildcard, where pools cannot be');
    if (pools.length + LABEL_ROOM > NAME_OCTETS_MAX)
      throw new TextError('is too long: the name of a pool must fit before it');
    return pools;
  });
}

/** The NS records of the apex belong under `ns`, with their addresses. */
function refuseApexServers(records: readonly StaticRecord[], apex: WireName, place: Place): void {
  for (const { path, owner, type } of records)
    if (type === 'NS' && owner.length === apex.length)
      report({ path, problems: place.problems }, 'is an NS record of the apex; move it to `ns` of the zone');
}

function serverRecords(server: Server, apex: WireName, ttlSeconds: number, place: Place): StaticRecord[] {
  const { name, path } = server;
  if (name === undefined) return [];
  const owner = foldName(name);
  if (server.addresses !== undefined && !isAtOrBelow(owner, apex))
    report(
      { path: `${path}.addresses`, problems: place.problems },
      `${formatName(name)} is outside the zone, so its addresses belong to another zone; remove them here`,
    );
  const ns = {
    path: `${path}.name`,
    owner: apex,
    type: 'NS',
    ttlSeconds,
    rdata: name,
    target: owner,
  } as const;
  return [ns, ...(server.addresses ?? []).map((each) => ({ ...each, owner, ttlSeconds }))];
}
