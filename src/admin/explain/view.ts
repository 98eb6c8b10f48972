import { formatName } from '../../dns/name.ts';
import { Rcode } from '../../dns/rcode.ts';
import type { SectionRecord, Sections } from '../../dns/sections.ts';
import { type Observation, probedKept } from '../../health/observation.ts';
import { poolStatus } from '../../health/status.ts';
import { parseAddress } from '../../pool/address.ts';
import { answeredOf, type EndpointHealth, isAnswered, type Member, standingOf } from '../../pool/members.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import { type EndpointSteering, endpointSteeringOf } from '../../pool/steering/endpoint-steering.ts';
import { membersAs } from '../../pool/steering/whatever-health.ts';
import { type Family, whyOf } from '../../pool/why.ts';
import { printRdata } from '../../rdata/rdata.ts';
import { recordTypeName } from '../../rdata/record-type.ts';
import { POOL_RECORDS_MAX } from '../../zone/pool-rrsets.ts';
import { overrideView } from '../overrides/view.ts';
import { timestamp } from '../schema/timestamp.ts';
import type {
  AnswerPath,
  EndpointReasons,
  ExplainSource,
  MonitorResults,
  NodeAnswer,
  PoolAtName,
} from './source.ts';
import { supposed, type WhatIf } from './what-if.ts';

const RCODES = new Map<number, string>(Object.entries(Rcode).map(([mnemonic, code]) => [code, mnemonic]));

/** Returns the mnemonic of a response code, or its number where it has none. */
export function rcodeName(code: number): string {
  return RCODES.get(code) ?? String(code);
}

/** Formats the records of an answer. */
export function sectionsView({ answer, authority, additional }: Sections) {
  const view = ({ owner, type, ttlSeconds, rdata }: SectionRecord) => ({
    name: formatName(owner),
    ttl: ttlSeconds,
    type: recordTypeName(type),
    content: printRdata(type, rdata),
  });
  return { answer: answer.map(view), authority: authority.map(view), additional: additional.map(view) };
}

/** Explains why each endpoint of a pool is in its answer or not, and which addresses the answer has. */
export function poolExplained(
  { zone, pool, answerOf }: PoolAtName & Pick<ExplainSource, 'answerOf'>,
  reasons: ReadonlyMap<Endpoint, EndpointReasons>,
  family: Family,
  whatIf: WhatIf,
  epochMs: number,
) {
  const healthOf = (endpoint: Endpoint): EndpointHealth =>
    supposed(reasons.get(endpoint)!.health, pool, endpoint.name, whatIf);
  const answer = answerOf(pool, healthOf);
  const { allDown } = answer;
  const members = pool.enabled ? membersAs(answer) : [];
  return {
    pool_id: pool.id,
    pool_name: pool.name,
    zone,
    enabled: pool.enabled,
    healthy: poolStatus(pool, healthOf).healthy ?? null,
    minimum_origins: pool.minimumOrigins,
    all_down: allDown ?? null,
    ...poolAnswer(members, family, endpointSteeringOf(pool)),
    endpoints: pool.endpoints.map((endpoint, index) => {
      const health = healthOf(endpoint);
      const answeredAs = answer.pool.endpoints[index]!;
      const answeredHealth = answer.healthOf(endpoint, index);
      const { isIn, why } = whyOf(answer.pool, answeredAs, answeredHealth, family);
      const { override, monitors } = reasons.get(endpoint)!;
      return {
        name: endpoint.name,
        address: endpoint.address,
        resolved_to: health.addresses ?? null,
        addresses: addressesView(answer.pool, answeredAs, answeredHealth, health),
        unprobed_addresses: health.unprobed ?? 0,
        in: isIn,
        why: isIn && allDown !== undefined ? ('all_down' as const) : why,
        enabled: endpoint.enabled,
        weight: endpoint.weight,
        /** The verdict of its checks, without overrides. */
        checks: standingOf(pool, endpoint, health),
        turning: health.turningTtlSeconds !== undefined,
        recovered: health.recovered ?? 1,
        stale: monitors.some(({ staleMs }) => staleMs !== undefined),
        override: override ? overrideView(override, pool.name, epochMs) : null,
        no_results: noResults(pool, endpoint, monitors),
        monitors: monitors.map((monitor) => monitorView(monitor, epochMs)),
      };
    }),
  };
}

/** What a pool answers: one of the addresses, by weight or by the client's address, or all. */
export interface PoolAnswer {
  readonly answer_is: 'one_of' | 'all_of';
  readonly addresses: readonly { readonly address: string; readonly weight: number }[];
}

/** Returns what members of a pool answer for a family of addresses: one of them where weights differ or the client's address decides. */
export function poolAnswer(
  members: readonly Member[],
  family: Family,
  steering: EndpointSteering,
): PoolAnswer {
  const answered = members.filter(({ address }) => parseAddress(address).kind === family);
  const isPick =
    (steering === 'hash' && answered.length > 1) ||
    answered.some(({ weight }) => weight !== answered[0]!.weight);
  return {
    answer_is: isPick ? 'one_of' : 'all_of',
    addresses: answered.map(({ address, weight }) => ({ address, weight: weight / 100 })),
  };
}

/**
 * Returns the answer along a path that ends in what a pool answers. For a pool with weights it is the address that is drawn most
 * often.
 */
export function supposedAnswer(
  { rcode, aliases }: AnswerPath,
  end: PoolAnswer | undefined,
  recordsMax: number,
): NodeAnswer {
  const byWeight = end?.addresses.toSorted((a, b) => b.weight - a.weight) ?? [];
  const answered =
    end?.answer_is === 'one_of' ? byWeight.slice(0, 1) : (end?.addresses ?? []).slice(0, recordsMax);
  // In the format of decodeResponse().
  const names = aliases.map((name) => formatName(name).replace(/\.$/, ''));
  return { rcode, answers: [...names, ...answered.map(({ address }) => address)] };
}

/** Returns how many records of a larger set an answer has; null: it has all. */
export function windowOf({ records }: AnswerPath, end: PoolAnswer | undefined, recordsMax: number) {
  const of = end?.answer_is === 'all_of' ? Math.min(end.addresses.length, POOL_RECORDS_MAX) : records;
  return of > recordsMax ? { records: recordsMax, of } : null;
}

function monitorView(
  { monitor, runs, monitoringOnly, mustBeHealthy, healthy, staleMs, heldOutMs, regions }: MonitorResults,
  epochMs: number,
) {
  return {
    monitor_id: monitor,
    runs,
    monitoring_only: monitoringOnly,
    must_be_healthy: mustBeHealthy,
    healthy: healthy ?? null,
    stale_seconds: secondsOf(staleMs),
    /** Seconds for which damping still keeps it out. */
    held_out_seconds: secondsOf(heldOutMs),
    regions: regions.map((each) => ({
      region: each.region,
      counts: each.counts,
      held_back: each.isHeldBack,
      healthy: each.healthy ?? null,
      workers: each.observations.map((one) => ({
        ...observationView(one, epochMs),
        live: one.isLive,
        before_absence: one.isFromBeforeAbsence,
      })),
    })),
  };
}

function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms) / 1_000;
}

/** Says why there are no results when the pool or the endpoint is disabled; null: there are results, or there is another reason. */
function noResults(pool: Pool, endpoint: Endpoint, monitors: readonly MonitorResults[]): string | null {
  const isSeen = monitors.some(({ regions }) => regions.some(({ observations }) => observations.length > 0));
  if (monitors.length === 0 || isSeen || (pool.enabled && endpoint.enabled)) return null;
  const [what, since] = pool.enabled ? ['endpoint', endpoint.disabledAt] : ['pool', pool.disabledAt];
  const when = since === undefined ? '' : ` at ${since}`;
  const verdicts = monitors.flatMap(({ healthy }) => (healthy === undefined ? [] : [healthy]));
  const last = verdicts.every(Boolean) ? 'healthy' : 'unhealthy';
  const verdict = verdicts.length === 0 ? '' : ` The last verdict was ${last}.`;
  return `No result is kept since the ${what} was disabled${when}.${verdict}`;
}

/** Lists the addresses of a host name, with the verdict of each and whether it is in answers. */
function addressesView(
  pool: Pool,
  endpoint: Endpoint,
  answeredAs: EndpointHealth,
  { addresses, wellAddresses }: EndpointHealth,
) {
  if (addresses === undefined) return null;
  const mayBe = endpoint.weight > 0 && isAnswered(pool, endpoint, answeredAs);
  const answered = mayBe ? answeredOf(pool, endpoint, answeredAs) : [];
  return addresses.map((address) => ({
    address,
    in: answered.some((each) => each.address === address),
    healthy: wellAddresses?.some((each) => each.address === address) ?? null,
  }));
}

function observationView(observation: Observation, epochMs: number) {
  const kept = probedKept(observation);
  return {
    worker: observation.worker,
    ...resultView(observation),
    addresses: observation.byAddress?.map((each) => ({ address: each.address, ...resultView(each) })) ?? null,
    addresses_kept: kept === undefined ? null : { since: timestamp(kept.sinceMs), why: kept.why },
    since: timestamp(observation.sinceMs),
    checked_at: timestamp(observation.atMs),
    ended_at: observation.ended === undefined ? null : timestamp(observation.ended.atMs),
    age_seconds: Math.max(0, Math.round(epochMs - observation.atMs) / 1_000),
  };
}

/** Formats the result of a worker for a check, or for one address of it. */
function resultView(
  result: Pick<
    Observation,
    'healthy' | 'lastOk' | 'streak' | 'reason' | 'detail' | 'fault' | 'responseCode' | 'rttMs'
  >,
) {
  return {
    healthy: result.healthy,
    last_ok: result.lastOk,
    /** Number of equal results in a row, up to the last one. */
    streak: result.streak,
    reason: result.reason,
    /** Details of the reason. */
    detail: result.detail ?? null,
    /** Why the worker cannot run the check; it has no vote then. */
    fault: result.fault ?? null,
    response_code: result.responseCode,
    rtt_ms: result.rttMs,
  };
}
