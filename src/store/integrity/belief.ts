import type { Change, Configuration, DocumentStore, Kind, StorePosition } from '../contract/documents.ts';
import { documentsOf } from '../reading/of-kind.ts';
import { areSame } from './tally.ts';

/** Why what a store has does not take the place of what somebody goes by. */
export interface Disbelief {
  /**
   * `damaged`: something of it is lost. `set_back`: its history is not the one that is known, though the epoch is.
   * `emptied`: another history, in which all pools, all zones or all load balancers are missing.
   */
  readonly kind: 'damaged' | 'set_back' | 'emptied';
  /** A sentence without a final stop. */
  readonly why: string;
}

/** What somebody goes by. */
export interface Known {
  /** undefined: nothing yet. */
  readonly position: StorePosition | undefined;
  /** Whether there is any document of this kind. */
  has(kind: Kind): boolean;
}

/** Kinds of which all are not lost without a word: without them names are gone. */
const ANSWERED = ['pool', 'zone', 'load_balancer'] as const satisfies readonly Kind[];

/**
 * Whether what was read of a store may take the place of what is known; undefined: it may. What a person decided for does
 * (Store.adopt), unless it is damaged. Throws StoreUnavailable.
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
    return lost.length === 0
      ? undefined
      : { kind: 'emptied', why: `it has no ${lost.map((kind) => kind.replace('_', ' ')).join(' and no ')}` };
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
