import type { LastGood } from '../../store/last-good/last-good.ts';
import type { Configuration, Store } from '../../store/store.ts';
import type { HealthLogsOptions } from '../alarm/health-logs.ts';
import type { HealthOptions } from '../health/health-state.ts';
import type { Logger } from '../logger.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { ServedZones } from '../publish/served-zones.ts';

/** What startRefresh works with. */
export interface RefreshOptions extends Partial<Pick<HealthLogsOptions, 'refusal'>> {
  readonly store: Store;
  readonly publisher: Publisher;
  /** Follows the zones made over the API; absent: there are only those the publisher began with. */
  readonly zones?: ServedZones;
  readonly log: Logger;
  /** Workers of a region that run each check. */
  readonly probersPerRegion: number;
  /** Days before its end from which a certificate that a check saw is an alarm; absent: never. */
  readonly certificateWarningDays?: number;
  /** Where this node stands; absent: nowhere, for pools that want the verdict of its region. */
  readonly region?: string;
  /** What becomes of verdicts that are too old, of mass failures, of what flaps, turns or comes back; absent: nothing. */
  readonly policy?: Omit<HealthOptions, 'probersPerRegion' | 'now' | 'region'>;
  /** What was true when this node last knew; absent: the store cannot be away. */
  readonly lastGood?: LastGood;
  /** Called with the whole configuration when it was read from the store and taken in. */
  readonly loaded?: (read: Configuration) => void;
  /** Something true is answered already: there is time until this resolves. Absent: there is not. */
  readonly after?: Promise<void>;
  /** Milliseconds since the epoch, by which overrides begin and end; the machine's clock unless given. */
  readonly nowMs?: () => number;
}
