import type { Damage, DamagedRecord } from '../integrity/damage.ts';
import type { StoreSettings } from '../settings.ts';

/** What the process that opened a store asks of it. */
export interface Upkeep {
  /** The damaged records that were met; absent: this store keeps none that could be. */
  readonly damage?: Damage;
  /** Examines every record there is, and hands over those that are damaged. Resolves with how many records there are. */
  examine?(found: (record: DamagedRecord) => void): Promise<number>;
  /** What it is set to that decides whether what it acknowledged lasts; absent: nothing that anybody could set. */
  settings?(): Promise<StoreSettings>;
  /** Ends connections; pending calls fail with StoreUnavailable. */
  close(): Promise<void>;
}
