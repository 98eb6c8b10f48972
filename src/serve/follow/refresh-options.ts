import type { Configuration } from '../../store/contract/documents.ts';
import type { LastGood } from '../../store/last-good/last-good.ts';
import type { Store } from '../../store/store.ts';
import type { HealthLogsOptions } from '../alarm/health-logs.ts';
import type { HealthOptions } from '../health/health-state.ts';
import type { LastHealthyOptions } from '../health/last-healthy.ts';
import type { Logger } from '../logger.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { ServedZones } from '../publish/served-zones.ts';

/** Dependencies and settings of startRefresh. */
export interface RefreshOptions extends Partial<Pick<HealthLogsOptions, 'refusal'>> {
  readonly store: Store;
  readonly publisher: Publisher;
  /** Follows the zones made over the API; absent: there are only those of the configuration file. */
  readonly zones?: ServedZones;
  /** Has places of clients known, which only some load balancers need; may reject, and is then called again later; absent: they are never known. */
  readonly placesKnown?: () => Promise<void>;
  readonly log: Logger;
  /** Number of workers of a region that run each check. */
  readonly probersPerRegion: number;
  /** Addresses of a family that the answer of a pool has at the most, where it does not say; absent: ANSWER_ADDRESSES_DEFAULT. */
  readonly answerAddressesMax?: number;
  /** Days before the end of an endpoint's certificate from which on it is an alarm; absent: never. */
  readonly certificateWarningDays?: number;
  /** The region of this node, for pools that want the verdict of it; absent: none. */
  readonly region?: string;
  /** The rules for stale verdicts, mass failures, damping and recovery; absent: none. */
  readonly policy?: Omit<HealthOptions, 'probersPerRegion' | 'monotonicMs' | 'region'>;
  /** The last good state; absent: the store is in this process and cannot be away. */
  readonly lastGood?: LastGood;
  /** What was known of the last healthy members of pools before the start, and what is called when that changed; absent: nothing, nobody. */
  readonly lastHealthy?: Pick<LastHealthyOptions, 'known' | 'changed'>;
  /** Called with the whole configuration after it was read from the store and taken in. */
  readonly loaded?: (read: Configuration) => void;
  /** Resolves when loading may begin, where saved answers are served already; absent: it begins at once. */
  readonly after?: Promise<void>;
  /** The wall clock by which overrides begin and end, milliseconds since the epoch; absent: the machine's. */
  readonly epochMs?: () => number;
}
