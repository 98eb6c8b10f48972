import type { Standing } from '../pool/members.ts';
import type { OverrideAction } from '../pool/override.ts';
import type { Audience } from '../pool/pool.ts';
import type { Alarm, PoolStanding, Presence } from './event.ts';

/** How a subject was when it was last told of, so that whoever leads next finds what was not. */
export type ToldState =
  | ToldPool
  /** Names its region, which a worker that is gone cannot. */
  | { readonly kind: 'worker'; readonly region: string; readonly presence: Presence }
  | { readonly kind: 'region'; readonly presence: Presence }
  | ToldOverride
  | ToldAlarm
  /** Everything was looked at once; see FIRST_LOOK. */
  | { readonly kind: 'first_look' };

/** A pool with its endpoints, each by name. */
export interface ToldPool {
  readonly kind: 'pool';
  /** With which its end is told, when it may be there no more; absent: told of before there was need for it. */
  readonly name?: string;
  /** Who is to hear of that; absent: see Audience. */
  readonly audience?: Audience;
  readonly standing: PoolStanding;
  readonly endpoints: readonly (readonly [name: string, standing: Standing])[];
}

/** An override that holds, with what its end is told with, when it may be there no more. */
export interface ToldOverride {
  readonly kind: 'override';
  readonly pool: string;
  readonly poolName: string;
  readonly endpoint?: string;
  readonly action: OverrideAction;
  readonly owner: string;
}

/** An alarm that is raised. */
export interface ToldAlarm {
  readonly kind: 'alarm';
  readonly alarm: Alarm;
  readonly about: string;
  readonly pools: readonly string[];
  readonly region?: string;
  /** What it was raised for, where another cause is another alarm; absent: its name says it. */
  readonly cause?: string;
}

/** Something that is told of, and how it was the last time. */
export interface ToldSubject {
  /** Names it among all subjects; see subjectOf. */
  readonly subject: string;
  readonly state: ToldState;
}

/** Names a subject: its kind and what names it among those. An alarm's name is `<alarm>/<about>`. */
export function subjectOf(kind: ToldState['kind'], name: string): string {
  return `${kind}/${name}`;
}

/**
 * Put last of all that a first look finds: what is so already when nobody has told anything is no news, and whoever goes
 * on with a look that was not ended must know that it was a first one.
 */
export const FIRST_LOOK: ToldSubject = { subject: 'first_look/', state: { kind: 'first_look' } };
