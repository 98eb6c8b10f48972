import type { Monitor } from '../../check/monitor.ts';
import type { MonitorGroup } from '../../check/monitor-group.ts';
import type { AuditEvent } from '../../event/event.ts';
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import type { Override } from '../../pool/override.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Token } from '../../pool/token.ts';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import type { Deletions } from '../integrity/deletions.ts';
import type { Records } from '../reading/records.ts';

/** What each kind of configured document holds. */
export interface Documents {
  load_balancer: LoadBalancer;
  pool: Pool;
  monitor: Monitor;
  monitor_group: MonitorGroup;
  override: Override;
  zone: AuthoredZone;
  record: DnsRecord;
  token: Token;
}

/** A kind of configured document. */
export type Kind = keyof Documents;

/** The kinds in the order in which they can be written or judged: each after those that it refers to. */
export const KINDS_IN_ORDER = [
  'monitor',
  'monitor_group',
  'pool',
  'override',
  'zone',
  'load_balancer',
  'token',
  'record',
] as const satisfies readonly Kind[];

/** A configured object and the revision that last wrote it. */
export type StoredDocument = {
  [K in Kind]: {
    readonly kind: K;
    readonly id: string;
    readonly revision: number;
    readonly value: Documents[K];
  };
}[Kind];

/** Everything configured, true at one revision. */
export interface Configuration {
  /** Names this store's history: it changes when the store was emptied or replaced by another. */
  readonly epoch: string;
  /** Number of configuration changes so far; 0: nothing was ever written. */
  readonly revision: number;
  /** All but the records, of which there may be a million. */
  readonly documents: readonly StoredDocument[];
  /** The records; absent: there are none. */
  readonly records?: Records;
  /** What could not be read of it; absent: nothing. */
  readonly damaged?: DamagedDocuments;
  /** Random, drawn with the commit that made the revision, so that it differs between histories. Absent: unknown. */
  readonly link?: string;
  /** What was lost of it, in a sentence without a final stop; absent: nothing that shows. */
  readonly loss?: string;
  /** What is known of deletions; absent: nothing up to this revision. */
  readonly deletions?: Deletions;
  /** true: a person decided that all accept what this store has (see Store.adopt). */
  readonly isDecided?: boolean;
}

/** The damaged documents of a store. */
export interface DamagedDocuments {
  /** Those whose names are known. */
  readonly documents: readonly Ref[];
  /** How many others there are. */
  readonly unnamed: number;
  /** Names of pools that the store knows to exist, while it shows none of their documents; absent: none. */
  readonly names?: readonly UnreadName[];
}

/** The name of a pool, in lower case, of which the document cannot be read. */
export interface UnreadName {
  readonly id: string;
  readonly name: string;
}

/** Names a state of a store: a revision in a history. */
export type StorePosition = Pick<Configuration, 'epoch' | 'revision' | 'link'>;

/** Names a configured document. */
export interface Ref {
  readonly kind: Kind;
  readonly id: string;
}

/** The name of a document in messages, and in Redis: `<kind>/<id>`. */
export function documentName({ kind, id }: Ref): string {
  return `${kind}/${id}`;
}

/**
 * One write. The store does not look into documents: the writer names which values must be unique among documents of
 * the kind (compared as they are: fold case before) and which documents it refers to.
 */
export type Write =
  | ({
      readonly op: 'put';
      readonly unique: readonly string[];
      /** Where one has `ifRevision`, the write is refused (`conflict`) unless the document is at it. */
      readonly references: readonly (Ref & { readonly ifRevision?: number })[];
      /**
       * The write is refused unless the document is at this revision; 0: unless it does not exist; absent: it is
       * written in any case.
       */
      readonly ifRevision?: number;
      /** The write is refused (`conflict`) where other documents of this kind than these refer to the document. */
      readonly ifReferrers?: { readonly kind: Kind; readonly ids: readonly string[] };
    } & { [K in Kind]: { readonly kind: K; readonly id: string; readonly value: Documents[K] } }[Kind])
  | {
      readonly op: 'delete';
      readonly kind: Kind;
      readonly id: string;
      readonly ifRevision?: number;
      /**
       * The id of the zone, made over the API, that the record or load balancer was in, and it alone. The document of the zone gets
       * the revision too, as if it had been written again, so that every reader knows its serial. Absent: it may have been in any zone.
       */
      readonly zone?: string;
    };

/** Why nothing was written. `at` is the index of the write that broke the rule. */
export type Refusal =
  /** The store is at another revision than the caller wants. This is checked first. */
  | { readonly kind: 'behind'; readonly at: number }
  /**
   * `ifRevision` does not hold (also: the document is gone or already there), which is checked before all else; or that of
   * a reference, or `ifReferrers` does not.
   */
  | { readonly kind: 'conflict'; readonly at: number }
  /** A delete of what is not there. */
  | { readonly kind: 'not_found'; readonly at: number }
  /** `value` belongs to the document `id` of the same kind. */
  | { readonly kind: 'not_unique'; readonly at: number; readonly value: string; readonly id: string }
  /** A reference to what is not there. */
  | { readonly kind: 'dangling'; readonly at: number; readonly reference: Ref }
  /** A delete of what others refer to; `by` names REFERRERS_MAX of them at most. */
  | { readonly kind: 'referenced'; readonly at: number; readonly by: readonly Ref[] };

/** The result of a commit: all of it was written as this revision, or nothing. */
export type Committed =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly refusal: Refusal };

/** The changes of one revision, in the order of the writes. */
export interface Change {
  readonly revision: number;
  /** The link of the revision, and that of the one before; absent: nobody knows it. */
  readonly link?: string;
  readonly previous?: string;
  /** The note of deletions was lost, and begins anew after this revision (Deletions.since). Absent: it goes on. */
  readonly deletionsSince?: number;
  readonly entries: readonly (
    | { readonly op: 'put'; readonly document: StoredDocument }
    /** `zone`: that of the write; the zone has its own entry, unless it is gone. */
    | { readonly op: 'delete'; readonly kind: Kind; readonly id: string; readonly zone?: string }
  )[];
}

/** Revisions that can be followed again; a follower further behind must read everything. */
export const CHANGES_MAX = 10_000;

/** Revisions that an earlier reading is brought forward by; one further behind is read whole. */
export const BROUGHT_FORWARD_MAX = 256;

/** Referrers named in a refusal to delete. */
export const REFERRERS_MAX = 100;

/** Writes in one commit. */
export const WRITES_MAX = 1_000;

/** Holds the configuration: documents, each at a revision. */
export interface DocumentStore {
  /**
   * All documents at one revision, after every write that was acknowledged before. With `known`, an earlier reading,
   * only what has changed since may be read: documents that have not are then the same objects, and where nothing has
   * changed, `known` itself is returned.
   */
  read(known?: Configuration): Promise<Configuration>;
  /** One document, read after every write that was acknowledged before; undefined when it does not exist. */
  get<K extends Kind>(kind: K, id: string): Promise<Extract<StoredDocument, { kind: K }> | undefined>;
  /**
   * Applies all writes in one new revision, or none. Each write is judged as those before it leave the store, so one
   * commit can put a monitor and then a pool that refers to it. Without writes nothing changes and the present revision
   * is returned. `audit` is kept among the events with the writes, with the revision, or not at all. Throws RangeError
   * over WRITES_MAX writes, StoreDamaged where something is lost, StoreUncertain where the commit may have been made, StoreSetBack
   * where the history of the store does not contain a state that the caller `knows`, unless a person decided for it.
   */
  commit(
    writes: readonly Write[],
    audit?: readonly AuditEvent[],
    ifAtRevision?: number,
    knows?: StorePosition,
  ): Promise<Committed>;
  /**
   * Returns true where the history of this store contains a known state. Returns false where the store has another
   * epoch, is behind that state, or has another link at its revision; and true where that is more than LINKS_MAX
   * revisions ago, or the link is unknown.
   */
  continues(from: StorePosition): Promise<boolean>;
  /**
   * Begins another epoch by a person's decision: all nodes and workers then accept what the store has, whatever they
   * knew before. Returns the revision.
   */
  adopt(): Promise<number>;
}
