import type { Damage, DamagedRecord } from '../integrity/damage.ts';
import type { StoreSettings } from '../settings.ts';

/** The functions of a store for the process that opened it. */
export interface Upkeep {
  /** The damaged records that were met; absent: this store keeps none that could be. */
  readonly damage?: Damage;
  /** Examines every record there is, and hands over those that are damaged. Resolves with how many records there are. */
  examine?(found: (record: DamagedRecord) => void): Promise<number>;
  /** The settings that decide whether acknowledged writes last; absent: the store has none. */
  settings?(): Promise<StoreSettings>;
  /** Ends connections; pending calls fail with StoreUnavailable. */
  close(): Promise<void>;
}
