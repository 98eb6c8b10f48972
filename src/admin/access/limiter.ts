import { namesOnly } from '../../load-balancer/pools-named.ts';
import {
  type Counts,
  countIn,
  LIMITED,
  type Limited,
  type Limits,
  noCounts,
  recordOctets,
} from '../../pool/limits.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import { mayUseRecord, mayUseZone, type RecordRights } from '../../pool/record-rights.ts';
import type { Committed, Configuration, DocumentStore, Kind } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { Records, type RecordsZone } from '../../store/reading/records.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import { apiError } from '../http/errors.ts';
import { writeContention } from '../resource/write.ts';
import type { Changed } from './audit.ts';
import type { Caller } from './call.ts';

/** Time for which a count is used for changes that are small compared with what is left, milliseconds. */
const COUNT_MS = 1_000;
/** Below this share of a bound changes need no new count, */
const NEAR = 0.9;
/**
 * as long as those since the last count are no more than this share of it. Each further node may pass the bound by this
 * share.
 */
const UNCOUNTED = 0.05;
/** Maximum number of counts where others write meanwhile. */
const ATTEMPTS_MAX = 16;

/** Limits how much is stored: of each kind, and of what a token with a quota may write. */
export interface Limiter {
  /** Throws ApiError where one of these changes, in their order, would pass a bound. */
  check(caller: Caller, changes: readonly Changed[]): Promise<void>;
  /**
   * Commits these changes with `commit`, unless they would pass a limit: then it throws ApiError. Near a limit, and for a token with
   * a quota, the commit succeeds only at the revision that was counted, so that several nodes cannot pass the limit together.
   * `atRevision`: the revision at which the caller judged the changes; at another one they are not committed.
   */
  commit(
    caller: Caller,
    changes: readonly Changed[],
    commit: (ifAtRevision?: number) => Promise<Committed>,
    atRevision?: number,
  ): Promise<Committed>;
}

/** Creates a limiter for a store. A change that adds nothing is always allowed. */
export function createLimiter(store: Pick<DocumentStore, 'read'>, limits: Limits): Limiter {
  let counted:
    | { counts: Counts; since: Counts; records: Records; sinceOfZones: Map<string, number>; atMs: number }
    | undefined;
  const known = new WeakMap<Configuration, Counts>();
  let last: Promise<unknown> = Promise.resolve();

  async function countAll(): Promise<{ configuration: Configuration; counts: Counts }> {
    const configuration = await store.read();
    let counts = known.get(configuration);
    if (counts === undefined) {
      counts = countsOf(configuration);
      known.set(configuration, counts);
    }
    const { records = Records.NONE } = configuration;
    counted = { counts, since: noCounts(), records, sinceOfZones: new Map(), atMs: performance.now() };
    return { configuration, counts };
  }

  /** Returns true when these changes need no new count: they are small, and every limit is far. */
  function isFar({ added, ofZones }: Additions): boolean {
    if (counted === undefined || performance.now() - counted.atMs > COUNT_MS) return false;
    const { counts, since, records, sinceOfZones } = counted;
    const isWithin = (uncounted: number, count: number, max: number) =>
      uncounted <= UNCOUNTED * max && count + uncounted <= NEAR * max;
    return (
      LIMITED.every(
        (each) => added[each] <= 0 || isWithin(since[each] + added[each], counts[each], limits[each]),
      ) &&
      ofZones
        .entries()
        .every(([key, { zone, octets }]) =>
          isWithin(
            (sinceOfZones.get(key) ?? 0) + octets,
            records.inZone(zone).octets,
            limits.zone_record_octets,
          ),
        )
    );
  }

  async function judge(caller: Caller, { added, ofZones }: Additions): Promise<number> {
    const { configuration, counts } = await countAll();
    for (const each of LIMITED)
      if (added[each] > 0)
        refuseOver(counts[each] + added[each], limits[each], wordsOf(each), `limits.${each}_max`);
    for (const { zone, octets } of ofZones.values())
      refuseOver(
        (configuration.records?.inZone(zone).octets ?? 0) + octets,
        limits.zone_record_octets,
        `octets of records of the zone ${zone.zoneName}`,
        'limits.zone_record_octets_max',
      );
    judgeQuota(caller, added, configuration);
    return configuration.revision;
  }

  async function commitCounted(
    caller: Caller,
    additions: Additions,
    commit: (ifAtRevision?: number) => Promise<Committed>,
    atRevision: number | undefined,
  ): Promise<Committed> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const revision = await judge(caller, additions);
      // The caller judges the changes again.
      if (atRevision !== undefined && atRevision !== revision)
        return { ok: false, refusal: { kind: 'behind', at: 0 } };
      const committed = await commit(revision);
      // The next write counts what this one added.
      if (committed.ok) counted = undefined;
      if (committed.ok || committed.refusal.kind !== 'behind' || atRevision !== undefined) return committed;
    }
    throw writeContention();
  }

  return {
    async check(caller, changes) {
      const most = mostOf(changes);
      if (LIMITED.some((each) => most.added[each] > 0)) await judge(caller, most);
    },
    async commit(caller, changes, commit, atRevision) {
      const most = mostOf(changes);
      const { added, ofZones } = most;
      if (!LIMITED.some((each) => added[each] > 0)) return commit(atRevision);
      if (!hasQuota(caller)) {
        // The last count may only be too old. Far from every bound no commit waits for others that write meanwhile.
        if (!isFar(most)) await countAll();
        if (isFar(most)) {
          const { since, sinceOfZones } = counted!;
          for (const each of LIMITED) since[each] += Math.max(0, added[each]);
          for (const [key, { octets }] of ofZones)
            sinceOfZones.set(key, (sinceOfZones.get(key) ?? 0) + octets);
          return commit(atRevision);
        }
      }
      // One at a time, so that commits of this node do not conflict with each other.
      const turn = last.then(() => commitCounted(caller, most, commit, atRevision));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** Counts all documents of a configuration, and the endpoints of its pools. */
function countsOf({ documents, records }: Configuration): Counts {
  const numberOf = (kind: Kind) => documentsOf(documents, kind).length;
  return {
    pools: numberOf('pool'),
    endpoints: documentsOf(documents, 'pool').reduce((sum, { value }) => sum + value.endpoints.length, 0),
    monitors: numberOf('monitor'),
    monitor_groups: numberOf('monitor_group'),
    overrides: numberOf('override'),
    load_balancers: numberOf('load_balancer'),
    zones: numberOf('zone'),
    records: records?.size ?? 0,
    record_octets: records?.octets ?? 0,
    tokens: numberOf('token'),
  };
}

/** What changes add at the most while they are made one after the other. */
interface Additions {
  readonly added: Counts;
  /** Octets of records, above 0, of each zone, by a key of it. */
  readonly ofZones: ReadonlyMap<string, { readonly zone: RecordsZone; readonly octets: number }>;
}

function mostOf(changes: readonly Changed[]): Additions {
  const now = noCounts();
  const most = noCounts();
  const zones = new Map<string, { zone: RecordsZone; now: number; octets: number }>();
  const countInZone = (record: DnsRecord, by: 1 | -1) => {
    const { zoneName, zoneId } = record;
    const key = `${zoneName} ${zoneId ?? ''}`;
    const of = zones.getOrInsertComputed(key, () => ({ zone: { zoneName, zoneId }, now: 0, octets: 0 }));
    of.now += by * recordOctets(record);
    of.octets = Math.max(of.octets, of.now);
  };
  for (const { write, before } of changes) {
    if (before !== undefined) countIn(now, write.kind, before, -1);
    if (write.op === 'put') countIn(now, write.kind, write.value, 1);
    if (write.kind === 'record') {
      if (before !== undefined) countInZone(before as DnsRecord, -1);
      if (write.op === 'put') countInZone(write.value, 1);
    }
    for (const each of LIMITED) most[each] = Math.max(most[each], now[each]);
  }
  return { added: most, ofZones: new Map([...zones].filter(([, { octets }]) => octets > 0)) };
}

function hasQuota({ documentsMax, endpointsMax }: Caller): boolean {
  return documentsMax !== undefined || endpointsMax !== undefined;
}

/** Checks the quota of a token. It counts all objects that the token may write, also those that others wrote: pools with its prefix, with their overrides and the load balancers of such pools alone, or everything that edit tokens may write. */
function judgeQuota(caller: Caller, added: Counts, { documents, records }: Configuration): void {
  if (!hasQuota(caller)) return;
  if (caller.records !== undefined) {
    judgeRecordQuota(caller, caller.records, added, records);
    return;
  }
  const {
    poolPrefix,
    documentsMax = Number.MAX_SAFE_INTEGER,
    endpointsMax = Number.MAX_SAFE_INTEGER,
  } = caller;
  const counts = noCounts();
  const isOwn = (name: string) =>
    poolPrefix === undefined || poolNameKey(name).startsWith(poolNameKey(poolPrefix));
  const pools = new Set<string>();
  for (const { kind, id, value } of documentsOf(documents, 'pool'))
    if (isOwn(value.name)) {
      pools.add(id);
      countIn(counts, kind, value, 1);
    }
  for (const { kind, value } of documentsOf(documents, 'override'))
    if (pools.has(value.pool)) countIn(counts, kind, value, 1);
  for (const { kind, value } of documentsOf(documents, 'load_balancer'))
    if (namesOnly(value, pools)) countIn(counts, kind, value, 1);
  if (poolPrefix === undefined) {
    counts.monitors = documentsOf(documents, 'monitor').length;
    counts.monitor_groups = documentsOf(documents, 'monitor_group').length;
    counts.records = records?.size ?? 0;
  }
  const sum = (of: Counts) =>
    of.pools + of.monitors + of.monitor_groups + of.overrides + of.load_balancers + of.records;
  const quota = 'the quota of this token';
  if (sum(added) > 0) refuseOver(sum(counts) + sum(added), documentsMax, 'objects that it may write', quota);
  if (added.endpoints > 0)
    refuseOver(counts.endpoints + added.endpoints, endpointsMax, 'endpoints of its pools', quota);
}

/** The same for a token that is bound to records, which may write nothing else. */
function judgeRecordQuota(
  { documentsMax = Number.MAX_SAFE_INTEGER }: Caller,
  rights: RecordRights,
  added: Counts,
  records: Records = Records.NONE,
): void {
  if (added.records <= 0) return;
  let count = 0;
  for (const [zone, { size, owners }] of records.zones()) {
    if (!mayUseZone(rights, zone.zoneName)) continue;
    if (rights.names === undefined && rights.types === undefined) count += size;
    else
      for (const [, list] of owners.from())
        count += list.filter(({ value }) => mayUseRecord(rights, value)).length;
  }
  refuseOver(count + added.records, documentsMax, 'records that it may write', 'the quota of this token');
}

function refuseOver(count: number, max: number, what: string, bound: string): void {
  if (count > max) throw apiError('limitReached', { count, what, max, bound });
}

function wordsOf(limited: Limited): string {
  if (limited === 'record_octets') return 'octets of all records';
  return limited === 'endpoints' ? 'endpoints of all pools' : limited.replace('_', ' ');
}
