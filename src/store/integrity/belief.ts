import type { Change, Configuration, DocumentStore, Kind, StorePosition } from '../contract/documents.ts';
import { documentsOf } from '../reading/of-kind.ts';
import { begunSecondsOf, isDecidedEpoch } from './epoch.ts';
import { areSame } from './tally.ts';

/** Why a store's content does not replace what is in use. */
export interface Disbelief {
  /**
   * `damaged`: something of it is lost. `set_back`: its history is not the one that is known, though the epoch is, or is an older one.
   * `emptied`: another history, in which all pools, all zones or all load balancers are missing.
   */
  readonly kind: 'damaged' | 'set_back' | 'emptied';
  /** A sentence without a final stop. */
  readonly why: string;
}

/** The configuration in use. */
export interface Known {
  /** undefined: nothing yet. */
  readonly position: StorePosition | undefined;
  /** Returns true where there is a document of this kind. */
  has(kind: Kind): boolean;
}

/** Why a history is not believed that is older than the known one. */
const OLDER =
  'its history is from before the decision ("store adopt" or "store repair") by which the known one began';

/** Kinds of which a store must not lose all unnoticed: without them names have no answer. */
const ANSWERED = ['pool', 'zone', 'load_balancer'] as const satisfies readonly Kind[];

/**
 * Returns why a reading of a store may not replace the known configuration; undefined: it may. One that a person
 * decided for (Store.adopt) may, unless it is damaged. Throws StoreUnavailable.
 */
export async function disbeliefIn(
  store: Pick<DocumentStore, 'continues'>,
  read: Configuration,
  { position, has }: Known,
): Promise<Disbelief | undefined> {
  if (read.loss !== undefined) return { kind: 'damaged', why: read.loss };
  if (position === undefined) return undefined;
  if (read.epoch !== position.epoch) {
    const isLost = (kind: Kind) => has(kind) && documentsOf(read.documents, kind).length === 0;
    const lost = read.isDecided ? [] : ANSWERED.filter(isLost);
    if (lost.length > 0)
      return {
        kind: 'emptied',
        why: `it has no ${lost.map((kind) => kind.replace('_', ' ')).join(' and no ')}`,
      };
    const isOlder =
      isDecidedEpoch(position.epoch) && begunSecondsOf(read.epoch) < begunSecondsOf(position.epoch);
    return isOlder && !read.isDecided ? { kind: 'set_back', why: OLDER } : undefined;
  }
  const { revision } = position;
  if (read.revision < revision)
    return { kind: 'set_back', why: `it is at revision ${read.revision}, and revision ${revision} was seen` };
  const isSame =
    read.revision === revision ? areSame(read.link, position.link) : await store.continues(position);
  if (isSame) return undefined;
  return { kind: 'set_back', why: `its revision ${revision} is not the one that was seen` };
}

/** The state that a reading shows. */
export function positionOf({ epoch, revision, link }: StorePosition): StorePosition {
  return { epoch, revision, ...(link !== undefined && { link }) };
}

/** The state that a change leads to. */
export function positionAfter({ epoch }: StorePosition, { revision, link }: Change): StorePosition {
  return { epoch, revision, ...(link !== undefined && { link }) };
}
