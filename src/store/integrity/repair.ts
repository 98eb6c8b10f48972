import type { Configuration, Ref, StoredDocument, StorePosition } from '../contract/documents.ts';
import type { Store } from '../store.ts';
import type { Claims, KeptClaims } from './claims.ts';
import type { Traces } from './lost.ts';

/** A document as a repair leaves it, with what it claims and refers to. */
export interface RepairedDocument extends Claims {
  readonly document: StoredDocument;
  /** Its value is another than it was, and is of the revision of the repair then. It is written either way: what is kept of it may be damaged. */
  readonly isChanged: boolean;
}

/** The content of a store after a repair. */
export interface Repair {
  /**
   * The state from which it was planned. It is not carried out where the store is at another revision by then. Absent:
   * any state.
   */
  readonly readAt?: Pick<StorePosition, 'epoch' | 'revision'>;
  readonly kept: readonly RepairedDocument[];
  readonly deleted: readonly Ref[];
}

/** The error for a store that was written to between the plan of a repair and its start. */
export const MOVED = 'it was written to, or repaired, meanwhile. Nothing was repaired: run the command again';

/** The error for a person's decision for a store that lacks a table, or has a key of a wrong type. */
export const TO_REPAIR =
  'a part of it is missing or damaged as a whole. Repair it first with "lifeguard store repair"';

/** Returns the revision that a repair ends with: above all that the store ever had, as far as it shows. */
export function repairedRevision(present: number, { kept }: Repair): number {
  return kept.reduce((most, { document }) => Math.max(most, document.revision), present) + 1;
}

/** How many pages of a file cannot be read, by the table that they belong to; `''`: the one that says where the others are. */
export type UnreadPages = ReadonlyMap<string, number>;

/** What was read of a file whose pages are damaged, and copied to a new one. */
export interface Salvage {
  readonly unread: UnreadPages;
  /** Rows that were copied, by their table. */
  readonly rows: ReadonlyMap<string, number>;
  /** The latest revision that was acknowledged, where the file shows none that is as late; else undefined. */
  readonly acknowledged: number | undefined;
  /** Where the damaged file is kept after a repair. */
  readonly keptAs: string;
}

/** A store that can be made whole again. */
export interface RepairableStore extends Store {
  /**
   * Returns what the store has about documents beside those that were read, so that lost ones can be named and put
   * back. Throws StoreUnavailable.
   */
  traces(read: Configuration): Promise<Traces>;
  /** It is a copy of what a damaged file has, which takes that file's place by a repair. Absent: no page is damaged. */
  readonly salvage?: Salvage;
  /** What it keeps of the claims of its documents. Its records are read as they are asked for, and throw StoreUnavailable. */
  readonly claims: KeptClaims;
  /**
   * Replaces all documents of the store by these, with their claims, in another epoch, by a person's decision (see
   * adopt). Interrupted, the store stays as damaged as it was. Returns the revision. Throws StoreUnavailable.
   */
  repair(repair: Repair): Promise<number>;
}
