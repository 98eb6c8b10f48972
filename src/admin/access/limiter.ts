import { namesOnly } from '../../load-balancer/pools-named.ts';
import { type Counts, countIn, LIMITED, type Limited, type Limits, noCounts } from '../../pool/limits.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import { mayUseRecord, mayUseZone, type RecordRights } from '../../pool/record-rights.ts';
import type { Committed, Configuration, DocumentStore, Kind } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { Records } from '../../store/reading/records.ts';
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
  let counted: { counts: Counts; since: Counts; atMs: number } | undefined;
  const known = new WeakMap<Configuration, Counts>();
  let last: Promise<unknown> = Promise.resolve();

  async function countAll(): Promise<{ configuration: Configuration; counts: Counts }> {
    const configuration = await store.read();
    let counts = known.get(configuration);
    if (counts === undefined) {
      counts = countsOf(configuration);
      known.set(configuration, counts);
    }
    counted = { counts, since: noCounts(), atMs: performance.now() };
    return { configuration, counts };
  }

  /** Returns true when these changes need no new count: they are small, and every limit is far. */
  function isFar(added: Counts): boolean {
    if (counted === undefined || performance.now() - counted.atMs > COUNT_MS) return false;
    const { counts, since } = counted;
    return LIMITED.every((each) => {
      const uncounted = since[each] + Math.max(0, added[each]);
      return (
        added[each] <= 0 ||
        (uncounted <= UNCOUNTED * limits[each] && counts[each] + uncounted <= NEAR * limits[each])
      );
    });
  }

  async function judge(caller: Caller, added: Counts): Promise<number> {
    const { configuration, counts } = await countAll();
    for (const each of LIMITED)
      if (added[each] > 0)
        refuseOver(counts[each] + added[each], limits[each], wordsOf(each), `limits.${each}_max`);
    judgeQuota(caller, added, configuration);
    return configuration.revision;
  }

  async function commitCounted(
    caller: Caller,
    added: Counts,
    commit: (ifAtRevision?: number) => Promise<Committed>,
    atRevision: number | undefined,
  ): Promise<Committed> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const revision = await judge(caller, added);
      // The caller judges the changes again.
      if (atRevision !== undefined && atRevision !== revision)
        return { ok: false, refusal: { kind: 'behind', at: 0 } };
      const committed = await commit(revision);
      if (committed.ok || committed.refusal.kind !== 'behind' || atRevision !== undefined) return committed;
    }
    throw writeContention();
  }

  return {
    async check(caller, changes) {
      const most = mostOf(changes);
      if (LIMITED.some((each) => most[each] > 0)) await judge(caller, most);
    },
    async commit(caller, changes, commit, atRevision) {
      const added = mostOf(changes);
      if (!LIMITED.some((each) => added[each] > 0)) return commit(atRevision);
      if (!hasQuota(caller)) {
        // The last count may only be too old. Far from every bound no commit waits for others that write meanwhile.
        if (!isFar(added)) await countAll();
        if (isFar(added)) {
          for (const each of LIMITED) counted!.since[each] += Math.max(0, added[each]);
          return commit(atRevision);
        }
      }
      // One at a time, so that commits of this node do not conflict with each other.
      const turn = last.then(() => commitCounted(caller, added, commit, atRevision));
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
    tokens: numberOf('token'),
  };
}

/** Counts the maximum number of additional objects while these changes are made one after the other. */
function mostOf(changes: readonly Changed[]): Counts {
  const now = noCounts();
  const most = noCounts();
  for (const { write, before } of changes) {
    if (before !== undefined) countIn(now, write.kind, before, -1);
    if (write.op === 'put') countIn(now, write.kind, write.value, 1);
    for (const each of LIMITED) most[each] = Math.max(most[each], now[each]);
  }
  return most;
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
  return limited === 'endpoints' ? 'endpoints of all pools' : limited.replace('_', ' ');
}
