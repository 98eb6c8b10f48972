import type { Standing } from '../pool/members.ts';
import type { OverrideAction } from '../pool/override.ts';
import type { Audience } from '../pool/pool.ts';
import type { AllDown } from '../pool/steering/all-down.ts';
import type { Alarm, LoadBalancerState, NamedPool, PoolStanding, Presence } from './event.ts';

/** The state of a subject in the latest report of it, so that the next leader finds what was not reported. */
export type ReportedState =
  | ReportedPool
  | ReportedLoadBalancer
  /** Its region, which a worker that is gone no longer announces. */
  | { readonly kind: 'worker'; readonly region: string; readonly presence: Presence }
  | { readonly kind: 'region'; readonly presence: Presence }
  | ReportedOverride
  | ReportedAlarm
  /** Everything was compared once; see FIRST_LOOK. */
  | { readonly kind: 'first_look' };

/** A pool with its endpoints, each by name. */
export interface ReportedPool {
  readonly kind: 'pool';
  /** Its name, for the report of its deletion; absent: reported by an older version. */
  readonly name?: string;
  /** Who is notified of its deletion; absent: see Audience. */
  readonly audience?: Audience;
  readonly standing: PoolStanding;
  readonly endpoints: readonly (readonly [name: string, standing: Standing])[];
}

/** A load balancer, with what the reports of its next transition and of its deletion need. */
export interface ReportedLoadBalancer {
  readonly kind: 'load_balancer';
  readonly name: string;
  readonly state: LoadBalancerState;
  /** The pools that answer; of many only some. */
  readonly pools: readonly NamedPool[];
  /** As in LoadBalancerEvent. */
  readonly allDown?: AllDown;
}

/** An override that is active, with what the report of its end needs. */
export interface ReportedOverride {
  readonly kind: 'override';
  readonly pool: string;
  readonly poolName: string;
  readonly endpoint?: string;
  readonly action: OverrideAction;
  readonly owner: string;
}

/** An alarm that is raised. */
export interface ReportedAlarm {
  readonly kind: 'alarm';
  readonly alarm: Alarm;
  readonly about: string;
  readonly pools: readonly string[];
  readonly region?: string;
  /** What it was raised for, where another cause is another alarm; absent: its name says it. */
  readonly cause?: string;
}

/** A subject and its reported state. */
export interface ReportedSubject {
  /** Its name among all subjects; see subjectOf. */
  readonly subject: string;
  readonly state: ReportedState;
}

/** Returns the name of a subject: its kind, and its name among those. The name of an alarm is `<alarm>/<about>`. */
export function subjectOf(kind: ReportedState['kind'], name: string): string {
  return `${kind}/${name}`;
}

/**
 * Marks the end of the first report in a store, which has no events: the initial state is no news. A node that
 * continues an interrupted first report must know that it is one, so this is written last.
 */
export const FIRST_LOOK: ReportedSubject = { subject: 'first_look/', state: { kind: 'first_look' } };
