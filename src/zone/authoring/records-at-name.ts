import { formatName, isAtOrBelow, parentOf, parseName, type WireName } from '../../dns/name.ts';
import { ANSWERED_RECORDS_MAX, type RRset } from '../../dns/rrset.ts';
import { FLATTENED_CNAME, recordTypeOf, Type } from '../../dns/type.ts';
import { TextError } from '../../input/reader.ts';
import { rdataKey } from '../../rdata/rdata.ts';
import { recordTypeNumber, whyNotAuthored } from '../../rdata/record-type.ts';
import { type DnsRecord, type HeldRecord, RECORDS_AT_NAME_MAX, ttlSecondsOf } from '../dns-record.ts';
import type { ZoneHead } from '../zone.ts';
import { isWildcard } from './owner-name.ts';
import { parseRecordData } from './static-record.ts';
import { RECORD_OCTETS, RRSET_OCTETS_MAX } from './zone-rules.ts';

/** What keeps a record out of the answers of its name. */
export type NameFault =
  /** Its type is none, or its content is not rdata of it. */
  | 'unreadable'
  /** Its name is not in the zone. */
  | 'outside'
  /** SOA, or NS of the apex, which the settings of the zone decide. */
  | 'of_settings'
  /** The configuration file, or the settings of the zone, have a set of this name and type. */
  | 'of_file'
  /** A CNAME is alone at its name (RFC 1034 §3.6.2); at the apex it stands for A, AAAA and DNAME. */
  | 'cname_beside_others'
  | 'beside_cname'
  /** There is one CNAME, and one DNAME, at a name (RFC 2181 §10.1, RFC 6672 §2.4). */
  | 'second_cname'
  | 'second_dname'
  /** A wildcard has no NS (RFC 4592 §4.2), and no DNAME (§4.4). */
  | 'at_wildcard'
  /** DS is at a delegation, never at an apex (RFC 4035 §2.4). */
  | 'ds_at_apex'
  /** It is where pools answer, or delegates or renames their names. */
  | 'at_pools'
  /** The record is there already (RFC 2181 §5). */
  | 'duplicate'
  /** What an answer holds of the set does not fit a message. */
  | 'too_large'
  /** More than RECORDS_AT_NAME_MAX records at a name. */
  | 'too_many';

/** A record that is not answered. */
export interface LeftOut<R extends HeldRecord = HeldRecord> {
  readonly record: R;
  readonly fault: NameFault;
  /** A sentence without a final stop. */
  readonly message: string;
  /** The record that stands in its way; absent: none of the API does. */
  readonly other?: R;
}

/** The records of the API at a name, as they are answered. */
export interface NameReading<R extends HeldRecord = HeldRecord> {
  /** In the order of their oldest records. */
  readonly sets: readonly RRset[];
  readonly leftOut: readonly LeftOut<R>[];
}

/** A set that grows. */
interface Growing<R> {
  readonly type: number;
  ttlSeconds: number;
  readonly rdata: Uint8Array[];
  /** Its oldest record. */
  readonly first: R;
  /** Its records by the keys of their rdata, made when there is a second one. */
  keys: Map<string, R> | undefined;
  /** Octets that an answer may need for it: those of its longest records, as many as an answer holds. */
  octets: number;
  /** Octets of each of these records, the shortest first, made when an answer does not hold all. */
  longest: number[] | undefined;
}

/**
 * Reads the records of one name, oldest first (byAge), beside the sets that the zone has there by itself (`authored`). Where
 * records break a rule, the older ones stay, so that every node answers with the same. TTLs of a set that differ become the lowest
 * one (RFC 2181 §5.2). Never throws.
 */
export function readName<R extends HeldRecord>(
  zone: ZoneHead,
  authored: readonly RRset[],
  records: readonly R[],
): NameReading<R> {
  const sets = new Map<number, Growing<R>>();
  const leftOut: LeftOut<R>[] = [];
  const [first] = records;
  if (first === undefined) return { sets: [], leftOut };
  const owner = parseName(first.value.name);
  const at = { zone, authored, owner, name: formatName(owner), sets };
  for (const [place, record] of records.entries()) {
    const found = place < RECORDS_AT_NAME_MAX ? rdataOf(record.value, at) : TOO_MANY;
    const fault = 'fault' in found ? found : faultOf(at, found);
    if (fault === undefined) take(sets, found as Rdata, record);
    else leftOut.push({ record, ...fault });
  }
  return {
    sets: [...sets.values()].map(({ type, ttlSeconds, rdata }) => ({ owner, type, ttlSeconds, rdata })),
    leftOut,
  };
}

function take<R extends HeldRecord>(sets: Map<number, Growing<R>>, found: Rdata, record: R): void {
  const { type, rdata } = found;
  const ttlSeconds = ttlSecondsOf(record.value);
  const octets = RECORD_OCTETS + rdata.length;
  const set = sets.get(type);
  if (set === undefined) {
    sets.set(type, {
      type,
      ttlSeconds,
      rdata: [rdata],
      first: record,
      keys: undefined,
      octets,
      longest: undefined,
    });
    return;
  }
  set.ttlSeconds = Math.min(set.ttlSeconds, ttlSeconds);
  set.octets += octetsMore(set, octets);
  if (set.longest !== undefined && octets > set.longest[0]!) {
    set.longest[0] = octets;
    set.longest.sort((a, b) => a - b);
  }
  keysOf(set).set(keyOf(found), record);
  set.rdata.push(rdata);
}

/** Octets by which an answer may grow with one more record of so many. */
function octetsMore<R>(set: Growing<R>, octets: number): number {
  if (set.rdata.length < ANSWERED_RECORDS_MAX) return octets;
  set.longest ??= set.rdata.map(({ length }) => RECORD_OCTETS + length).sort((a, b) => a - b);
  return Math.max(0, octets - set.longest[0]!);
}

function keysOf<R>(set: Growing<R>): Map<string, R> {
  set.keys ??= new Map([[rdataKey(recordTypeOf(set.type), set.rdata[0]!), set.first]]);
  return set.keys;
}

/** The rdata of a record, and a key that equal ones share, made where it is needed. */
interface Rdata {
  readonly type: number;
  readonly rdata: Uint8Array;
  key: string | undefined;
}

function keyOf(found: Rdata): string {
  found.key ??= rdataKey(recordTypeOf(found.type), found.rdata);
  return found.key;
}

type Fault<R> = Omit<LeftOut<R & HeldRecord>, 'record'>;

const TOO_MANY: Fault<never> = {
  fault: 'too_many',
  message: `this record is one too many: a name has ${RECORDS_AT_NAME_MAX} records at the most`,
};

/** Returns true for a CNAME that is answered with the addresses of its target: of every one at the apex, and where its settings say so. */
export function isFlattened({ name, type, settings }: DnsRecord, apex: WireName): boolean {
  return (
    (type === 'CNAME' || type === 'TYPE5') &&
    (settings?.flatten_cname === true || parseName(name).length === apex.length)
  );
}

function rdataOf(record: DnsRecord, { zone: { apex } }: { readonly zone: ZoneHead }): Rdata | Fault<never> {
  const { type: mnemonic, content } = record;
  const type = recordTypeNumber(mnemonic);
  if (type === undefined) return { fault: 'unreadable', message: `"${mnemonic}" is no type of records` };
  if (type === Type.SOA) return { fault: 'of_settings', message: 'the settings of the zone decide its SOA' };
  const why = whyNotAuthored(type);
  if (why !== undefined) return { fault: 'unreadable', message: `${mnemonic} ${why}` };
  try {
    const { rdata } = parseRecordData(mnemonic, content);
    return { type: isFlattened(record, apex) ? FLATTENED_CNAME : type, rdata, key: undefined };
  } catch (error) {
    if (error instanceof TextError) return { fault: 'unreadable', message: `the content ${error.message}` };
    throw error;
  }
}

/** The name whose records are read, and those that were taken so far. */
interface At<R> {
  readonly zone: ZoneHead;
  readonly authored: readonly RRset[];
  readonly owner: WireName;
  readonly name: string;
  readonly sets: ReadonlyMap<number, Growing<R>>;
}

function faultOf<R extends HeldRecord>(at: At<R>, found: Rdata): Fault<R> | undefined {
  return placeFault(at, found.type) ?? aliasFault(at, found.type) ?? setFault(at, found);
}

/** A record of a type that its name cannot have, whatever else is there. */
function placeFault<R>({ zone, authored, owner, name }: At<R>, type: number): Fault<R> | undefined {
  const { apex, pools } = zone;
  if (!isAtOrBelow(owner, apex))
    return { fault: 'outside', message: `${name} is outside the zone ${formatName(apex)}` };
  const isApex = owner.length === apex.length;
  if (type === Type.NS && isApex)
    return { fault: 'of_settings', message: 'the settings of the zone decide its name servers' };
  if (authored.some((set) => set.type === type))
    return {
      fault: 'of_file',
      message: `${name} has records of this type already, which the zone itself defines`,
    };
  if (type === Type.DS && isApex)
    return {
      fault: 'ds_at_apex',
      message: `${name} is the apex, and DS belongs to the zone above it (RFC 4035 §2.4)`,
    };
  if ((type === Type.NS || type === Type.DNAME) && isWildcard(owner))
    return {
      fault: 'at_wildcard',
      message: `${name} is a wildcard, which cannot be delegated or renamed (RFC 4592 §4)`,
    };
  return pools === undefined ? undefined : poolsFault(owner, name, type, pools);
}

/** At the name of pools there are no records; below it there are no delegations and wildcards; and a pool answers for its own addresses. */
function poolsFault(owner: WireName, name: string, type: number, pools: WireName): Fault<never> | undefined {
  const movesBelow = type === Type.NS || type === Type.DNAME;
  if (movesBelow && isAtOrBelow(pools, owner))
    return {
      fault: 'at_pools',
      message: `the pools of this zone are below ${name}, which so cannot be delegated or renamed`,
    };
  if (!isAtOrBelow(owner, pools)) return undefined;
  const label = formatName(pools);
  if (owner.length === pools.length)
    return { fault: 'at_pools', message: `${name} is the name below which pools answer, and has no records` };
  if (movesBelow)
    return {
      fault: 'at_pools',
      message: `${name} is below ${label}, where pools answer, and cannot be delegated or renamed`,
    };
  let pool = owner;
  for (let above = parentOf(pool)!; above.length > pools.length; above = parentOf(pool)!) pool = above;
  if (isWildcard(pool))
    return {
      fault: 'at_pools',
      message: `${name} is at or below a wildcard of names of pools, and has no records`,
    };
  const isOfPool = recordTypeOf(type) === Type.CNAME || type === Type.A || type === Type.AAAA;
  return owner.length === pool.length && isOfPool
    ? {
        fault: 'at_pools',
        message: `pools answer for the addresses of ${name}, so it has no A, AAAA and CNAME records`,
      }
    : undefined;
}

/** A CNAME beside others, another one beside a CNAME, and a second CNAME or DNAME. */
function aliasFault<R extends HeldRecord>(
  { zone, authored, owner, name, sets }: At<R>,
  type: number,
): Fault<R> | undefined {
  const taken = (of: number) => sets.get(of)?.first;
  const isApex = owner.length === zone.apex.length;
  const cname = taken(Type.CNAME) ?? taken(FLATTENED_CNAME);
  if (!isAlias(type)) {
    const hasCname = cname !== undefined || authored.some((set) => isAlias(set.type));
    if (hasCname && isRival(type, isApex))
      return {
        fault: 'beside_cname',
        message: `${name} has a CNAME, which ${isApex ? AT_APEX : 'must be the only record at its name (RFC 1034 §3.6.2)'}`,
        ...(cname && { other: cname }),
      };
    const dname = type === Type.DNAME ? taken(type) : undefined;
    return (
      dname && { fault: 'second_dname', message: `${name} has a DNAME already (RFC 6672 §2.4)`, other: dname }
    );
  }
  if (cname !== undefined)
    return { fault: 'second_cname', message: `${name} has a CNAME already (RFC 2181 §10.1)`, other: cname };
  const other = [...sets].find(([of]) => isRival(of, isApex))?.[1].first;
  if (other === undefined && !authored.some((set) => isRival(set.type, isApex))) return undefined;
  return {
    fault: 'cname_beside_others',
    message: isApex
      ? `${name} has A, AAAA or DNAME records, and a CNAME ${AT_APEX}`
      : `${name} has other records, and a CNAME must be the only record at its name (RFC 1034 §3.6.2)`,
    ...(other && { other }),
  };
}

/** What a CNAME does at the apex, where it is answered with addresses. */
const AT_APEX = 'at the apex stands for A, AAAA and DNAME, since it answers with the addresses of its target';

function isAlias(type: number): boolean {
  return recordTypeOf(type) === Type.CNAME;
}

/** Whether records of a type cannot be beside a CNAME. */
function isRival(type: number, isApex: boolean): boolean {
  return !isApex || type === Type.A || type === Type.AAAA || type === Type.DNAME;
}

/** A record that its set has already, or with which it would be too large. */
function setFault<R extends HeldRecord>({ name, sets }: At<R>, found: Rdata): Fault<R> | undefined {
  const set = sets.get(found.type);
  const twin = set && keysOf(set).get(keyOf(found));
  if (twin !== undefined)
    return { fault: 'duplicate', message: `${name} has this record already`, other: twin };
  const more = RECORD_OCTETS + found.rdata.length;
  const octets = set === undefined ? more : set.octets + octetsMore(set, more);
  if (octets <= RRSET_OCTETS_MAX) return undefined;
  return {
    fault: 'too_large',
    message: `with it the set of ${name} would need ${octets} octets in an answer; ${RRSET_OCTETS_MAX} at most`,
  };
}
