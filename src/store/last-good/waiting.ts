import type { Change, Configuration } from '../contract/documents.ts';
import { hasDeletion, isOfAnyZone } from '../integrity/deletions.ts';
import type { HeldVerdict } from './held-verdict.ts';

/** What waits to be written: only the newest of each, so that a full disk cannot fill the memory too. */
export interface Waiting {
  /** In the place of all documents; older than `documents`. */
  readonly configuration: Configuration | undefined;
  readonly documents: ReadonlyMap<string, Change['entries'][number]>;
  /** Of the newest of `documents`; undefined: there are none. */
  readonly revision: number | undefined;
  readonly link: string | undefined;
  /** The newest of these revisions that deletes a pool; undefined: none does. */
  readonly poolDeletion: number | undefined;
  /** Change.deletionsSince of the newest that has one, or the newest that deletes a load balancer; undefined: none does. */
  readonly deletionsSince: number | undefined;
  /** By check; undefined: it is to be forgotten. */
  readonly verdicts: ReadonlyMap<string, HeldVerdict | undefined>;
}

/** Nothing waits. */
export const NOTHING: Waiting = {
  configuration: undefined,
  documents: new Map(),
  revision: undefined,
  link: undefined,
  poolDeletion: undefined,
  deletionsSince: undefined,
  verdicts: new Map(),
};

/** Merges what waits: `later` came after `earlier`. */
export function merged(earlier: Waiting, later: Waiting): Waiting {
  const isReplaced = later.configuration !== undefined;
  return {
    configuration: later.configuration ?? earlier.configuration,
    documents: isReplaced ? later.documents : new Map([...earlier.documents, ...later.documents]),
    revision: later.revision ?? (isReplaced ? undefined : earlier.revision),
    link: later.revision !== undefined || isReplaced ? later.link : earlier.link,
    poolDeletion: later.poolDeletion ?? (isReplaced ? undefined : earlier.poolDeletion),
    deletionsSince: later.deletionsSince ?? (isReplaced ? undefined : earlier.deletionsSince),
    verdicts: new Map([...earlier.verdicts, ...later.verdicts]),
  };
}

/** There may be hundreds of thousands of verdicts, nearly all without addresses. */
const WITHOUT_ADDRESSES = [false, true].map((healthy): HeldVerdict => ({ healthy }));

/** Gathers what is to be written. */
export interface Gathering {
  replace(configuration: Configuration): void;
  apply(change: Change): void;
  /** undefined: forgets the check. */
  hold(check: string, verdict: HeldVerdict | undefined): void;
  readonly isEmpty: boolean;
  /** Hands over what was gathered and begins anew. */
  take(): Waiting;
}

/** Creates an empty gathering. */
export function createGathering(): Gathering {
  let configuration: Configuration | undefined;
  let documents = new Map<string, Change['entries'][number]>();
  let revision: number | undefined;
  let link: string | undefined;
  let poolDeletion: number | undefined;
  let deletionsSince: number | undefined;
  let verdicts = new Map<string, HeldVerdict | undefined>();
  return {
    replace(next) {
      configuration = next;
      documents = new Map();
      revision = undefined;
      link = undefined;
      poolDeletion = undefined;
      deletionsSince = undefined;
    },
    apply(change) {
      for (const entry of change.entries) {
        const { kind, id } = entry.op === 'put' ? entry.document : entry;
        documents.set(`${kind} ${id}`, entry);
      }
      ({ revision, link } = change);
      deletionsSince = change.deletionsSince ?? deletionsSince;
      if (hasDeletion(change.entries, 'pool')) poolDeletion = change.revision;
      if (isOfAnyZone(change.entries)) deletionsSince = change.revision;
    },
    hold(check, verdict) {
      const isPlain = verdict !== undefined && verdict.addresses === undefined;
      verdicts.set(check, isPlain ? WITHOUT_ADDRESSES[Number(verdict.healthy)] : verdict);
    },
    get isEmpty() {
      return configuration === undefined && revision === undefined && verdicts.size === 0;
    },
    take() {
      const taken = { configuration, documents, revision, link, poolDeletion, deletionsSince, verdicts };
      configuration = undefined;
      documents = new Map();
      revision = undefined;
      link = undefined;
      poolDeletion = undefined;
      deletionsSince = undefined;
      verdicts = new Map();
      return taken;
    },
  };
}
