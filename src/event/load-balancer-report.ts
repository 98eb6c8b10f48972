import type { AllDown } from '../pool/steering/all-down.ts';
import type { LoadBalancerEvent, LoadBalancerState, NamedPool } from './event.ts';
import { type ReportedLoadBalancer, subjectOf } from './reported.ts';
import { NOTHING_TO_REPORT, type SubjectReport } from './transitions.ts';

/** Maximum number of answering pools in an event, and in what is remembered of a load balancer. */
export const ANSWERING_MAX = 20;
/** Maximum number of pools that a reason names one by one. */
const NAMED_MAX = 3;

/** A load balancer as a node serves it. */
export interface ServedLoadBalancer {
  readonly name: string;
  readonly state: LoadBalancerState;
  /** The fallback pool answers, whatever its health. */
  readonly isFallback: boolean;
  /** What that answers without a healthy member; undefined: it has one, or does not answer. */
  readonly allDown: AllDown | undefined;
  /** The pools that answer where no map, rule or pool set decides otherwise, in the order of preference. */
  readonly answering: readonly NamedPool[];
  /** The pools of its lists that cannot answer, and why, such as `unhealthy`; the default list is first. */
  readonly unusable: readonly (NamedPool & { readonly why: string })[];
}

/**
 * Returns the transition of a load balancer since its last report. A new one is news only where it is degraded or critical. One that is
 * deleted (`now` is undefined) is news only where it was.
 */
export function loadBalancerReport(
  id: string,
  was: ReportedLoadBalancer | undefined,
  now: ServedLoadBalancer | undefined,
  atMs: number,
): SubjectReport {
  const subject = subjectOf('load_balancer', id);
  if (now === undefined) return was === undefined ? NOTHING_TO_REPORT : endOf(id, subject, was, atMs);
  const pools = now.answering.slice(0, ANSWERING_MAX);
  const wasPools = was?.pools ?? [];
  const hasMoved = was !== undefined && idsOf(wasPools) !== idsOf(pools);
  const hasOthers = hasMoved || (was !== undefined && was.allDown !== now.allDown);
  if (was?.state === now.state && was.name === now.name && !hasOthers) return NOTHING_TO_REPORT;
  const allDown = now.allDown === undefined ? {} : { allDown: now.allDown };
  const state: ReportedLoadBalancer = {
    kind: 'load_balancer',
    name: now.name,
    state: now.state,
    pools,
    ...allDown,
  };
  const put = [{ subject, state }];
  const isNews = was === undefined ? isTroubled(now.state) : was.state !== now.state || hasOthers;
  if (!isNews) return { events: [], put, drop: [] };
  const event: LoadBalancerEvent = {
    kind: 'load_balancer',
    loadBalancer: id,
    loadBalancerName: now.name,
    was: was?.state ?? 'unknown',
    now: now.state,
    wasPools,
    pools,
    ...allDown,
    reason: reasonOf(wasPools, now),
    atMs,
  };
  return { events: [event], put, drop: [] };
}

function endOf(id: string, subject: string, was: ReportedLoadBalancer, atMs: number): SubjectReport {
  const { name, state, pools } = was;
  if (!isTroubled(state)) return { events: [], put: [], drop: [subject] };
  const event: LoadBalancerEvent = {
    kind: 'load_balancer',
    loadBalancer: id,
    loadBalancerName: name,
    was: state,
    now: 'deleted',
    wasPools: pools,
    pools: [],
    reason: 'it was deleted',
    atMs,
  };
  return { events: [event], put: [], drop: [subject] };
}

function isTroubled(state: LoadBalancerState): boolean {
  return state === 'degraded' || state === 'critical';
}

function idsOf(pools: readonly NamedPool[]): string {
  return pools.map(({ id }) => id).join();
}

/** Says which pools answer now, instead of which, and because of which pool. */
function reasonOf(
  was: readonly NamedPool[],
  { state, isFallback, allDown, answering, unusable }: ServedLoadBalancer,
): string {
  if (state === 'disabled') return 'it is disabled';
  const lost = was.filter(({ id }) => !answering.some((each) => each.id === id));
  const gained = answering.find(({ id }) => !was.some((each) => each.id === id));
  const failed = unusable.find(({ id }) => lost.some((each) => each.id === id)) ?? undefined;
  const isBack = failed === undefined && gained !== undefined && !isFallback && was.length > 0;
  const blamed = failed ?? (isBack ? undefined : unusable[0]);
  const because = blamed
    ? `, because pool "${blamed.name}" is ${blamed.why}`
    : isBack
      ? `, because pool "${gained.name}" is usable`
      : '';
  const answers =
    answering.length === 0 ? 'nothing' : `${isFallback ? 'its fallback ' : ''}${poolText(answering)}`;
  const members = allDown === undefined ? '' : ` (${ALL_DOWN_TEXTS[allDown]})`;
  const instead = lost.length > 0 ? ` instead of ${poolText(lost)}` : '';
  return `it answers with ${answers}${members}${instead}${because}`;
}

/** What a fallback pool without a healthy member answers, in words. */
export const ALL_DOWN_TEXTS: Readonly<Record<AllDown, string>> = {
  nodata: 'no address, as no endpoint of it is healthy',
  all: 'all of its endpoints, as none is healthy',
  last_healthy: 'its endpoints that were healthy last, as none is healthy',
};

function poolText(pools: readonly NamedPool[]): string {
  const names = pools.slice(0, NAMED_MAX).map(({ name }) => `"${name}"`);
  const more = pools.length - names.length;
  return `pool${pools.length > 1 ? 's' : ''} ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
