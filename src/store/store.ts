import type { Monitor } from '../check/monitor.ts';
import type { MonitorGroup } from '../check/monitor-group.ts';
import type { Asker, PoolPreview, PreviewRequest } from '../check/preview.ts';
import type { Worker } from '../check/worker.ts';
import type { AuditEvent, HealthEvent, ReportedEvent, Trail } from '../event/event.ts';
import type { NodeStatus } from '../event/node-status.ts';
import type { ReportedState, ReportedSubject } from '../event/reported.ts';
import type { Observation, ObservationKey } from '../health/observation.ts';
import type { Override } from '../pool/override.ts';
import type { Pool } from '../pool/pool.ts';
import type { Token } from '../pool/token.ts';
import type { AuthoredZone } from '../zone/authored-zone.ts';
import type { Damage, DamagedRecord } from './integrity/damage.ts';
import type { Deletions } from './integrity/deletions.ts';
import type { StoreSettings } from './settings.ts';

/** What each kind of configured document holds. */
export interface Documents {
  pool: Pool;
  monitor: Monitor;
  monitor_group: MonitorGroup;
  override: Override;
  zone: AuthoredZone;
  token: Token;
}
/** A kind of configured document. */
export type Kind = keyof Documents;

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
  readonly documents: readonly StoredDocument[];
  /** What of it could not be read; absent: nothing. */
  readonly damaged?: DamagedDocuments;
  /** Random, drawn with the commit that made the revision: another history has another one there. Absent: nobody knows it. */
  readonly link?: string;
  /** What was lost of it, in a sentence without a final stop; absent: nothing that shows. */
  readonly loss?: string;
  /** What is known of deletions; absent: nothing up to this revision. */
  readonly deletions?: Deletions;
  /** A person decided that what this store has holds, whatever anybody knew of it before (see Store.adopt). */
  readonly isDecided?: boolean;
}

/** Documents that are in a store and hold what nobody wrote. */
export interface DamagedDocuments {
  /** Those whose names are known. */
  readonly documents: readonly Ref[];
  /** How many others there are. */
  readonly unnamed: number;
}

/** Names a state of a store: a revision in a history. */
export type StorePosition = Pick<Configuration, 'epoch' | 'revision' | 'link'>;

/** Names a configured document. */
export interface Ref {
  readonly kind: Kind;
  readonly id: string;
}

/**
 * One write. The store knows nothing of a document's inside: the writer says which values must be unique among
 * documents of the kind (compared as they are: fold case before) and which documents it refers to.
 */
export type Write =
  | ({
      readonly op: 'put';
      readonly unique: readonly string[];
      /** Each refuses (`conflict`) unless its document has `ifRevision`, where it gives one. */
      readonly references: readonly (Ref & { readonly ifRevision?: number })[];
      /** Refuse unless the document now has this revision; 0: unless it does not exist; absent: write whatever is there. */
      readonly ifRevision?: number;
      /** Refuse (`conflict`) unless no other documents of this kind refer to it now than these. */
      readonly ifReferrers?: { readonly kind: Kind; readonly ids: readonly string[] };
    } & { [K in Kind]: { readonly kind: K; readonly id: string; readonly value: Documents[K] } }[Kind])
  | { readonly op: 'delete'; readonly kind: Kind; readonly id: string; readonly ifRevision?: number };

/** Why nothing was written. `at` is the index of the write that broke the rule. */
export type Refusal =
  /** The store is at another revision than the one that was asked for. Looked at first. */
  | { readonly kind: 'behind'; readonly at: number }
  /**
   * `ifRevision` does not hold (also: the document is gone or already there), which is looked at before all else; or that of
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

/** What became of a commit: all of it was written as this revision, or none. */
export type Committed =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly refusal: Refusal };

/** One revision's worth of change, in the order of the writes; a null document was deleted. */
export interface Change {
  readonly revision: number;
  /** The link of the revision, and that of the one before; absent: nobody knows it. */
  readonly link?: string;
  readonly previous?: string;
  readonly entries: readonly (
    | { readonly op: 'put'; readonly document: StoredDocument }
    | { readonly op: 'delete'; readonly kind: Kind; readonly id: string }
  )[];
}

/** Where a follower stands: the newest configuration revision and the newest observation it has seen. */
export interface Position extends StorePosition {
  /** Opaque; made by the store. */
  readonly observation: string;
}

/** The callbacks of a follower, called one at a time. */
export interface Follower {
  /** Revisions after the position, in order, none left out. */
  changed(change: Change): void;
  /** Observations that were published as changed, in order. */
  observed(observations: readonly Observation[], position: string): void;
  /** The feed no longer reaches back to the position (or is of another epoch): read everything again, then follow from there. Called once; nothing follows it. */
  lost(): void;
  /** One of these calls threw. `lost` follows, so that nothing stays half taken in. */
  failed?(error: unknown): void;
  /**
   * The store went away (false) or is back (true). While away nothing is delivered and nothing is forgotten. A
   * following starts as if connected: the first call, if any, says false.
   */
  connected(up: boolean): void;
}

/** A running follower. After stop() it is called no more. */
export interface Following {
  stop(): Promise<void>;
}

/** A worker's right to publish. It ends when it is not renewed for LEASE_MS. */
export interface Lease {
  readonly worker: Worker;
  /** Number of this lease; a later lease of anyone has a higher one. */
  readonly token: number;
}

/** A worker that does not renew its lease for this time is no longer live, and its writes are refused. */
export const LEASE_MS = 3_000;

/** What a worker publishes in one step: all of it or nothing. */
export interface Publication {
  readonly put: readonly {
    readonly observation: Observation;
    /** Whether followers must hear of it: the health (or the addresses) changed, or it is the first. */
    readonly changed: boolean;
  }[];
  /** Observations to forget: of checks that ended, or of workers that are gone. */
  readonly drop: readonly ObservationKey[];
  readonly events: readonly HealthEvent[];
}

/** A node's right to report and to notify, which one node has at a time. It ends when it is not renewed for LEAD_MS. */
export interface Lead {
  readonly node: string;
  /** Number of this lead; a later one of anyone has a higher one. */
  readonly token: number;
}

/** A node that does not renew its lead for this time is no longer the leader, and its reports are refused. */
export const LEAD_MS = 5_000;

/** What is reported in one write: all of it or nothing. */
export interface Report {
  readonly events: readonly ReportedEvent[];
  /** The reported states of the events' subjects from now on. */
  readonly put: readonly ReportedSubject[];
  /** Subjects to forget. */
  readonly drop: readonly string[];
}

/**
 * Events, and subjects put and dropped, in one report; each for itself. Enough for a pool of which each endpoint turned, in
 * the place of as many others.
 */
export const REPORT_MAX = 2_001;
/** Maximum of destinations whose cursors are kept. One more replaces the one that was moved longest ago. */
export const DESTINATIONS_MAX = 100;

/** An event as it was kept, and its place among the others. */
export type StoredEvent = (
  | HealthEvent
  | ReportedEvent
  /** With the revision that the change became. */
  | (AuditEvent & { readonly revision: number })
) & {
  /** Opaque; pass it to read on. */
  readonly cursor: string;
};

/** A node that does not announce itself again for this time is no longer live. */
export const ANNOUNCEMENT_MS = 5_000;
/** Nodes that can be live at a time. */
export const NODES_MAX = 1_000;

/** Previews kept at a time; no more are taken in until one expires. */
export const PREVIEWS_MAX = 100;
/** Of these, of one token that is not of scope admin; and kept for those that are. */
export const PREVIEWS_PER_TOKEN_MAX = 20;
export const PREVIEWS_RESERVED = 20;
/** A preview is deleted this time after its request, with its results. */
export const PREVIEW_MS = 300_000;
/** Revisions that can be followed again; a follower further behind must read everything. */
export const CHANGES_MAX = 10_000;
/** Changed observations that can be followed again; a follower further behind must read everything. */
export const OBSERVED_MAX = 100_000;
/** Revisions that an earlier reading is brought forward by; one further behind is read whole. */
export const BROUGHT_FORWARD_MAX = 256;
/** Referrers named in a refusal to delete. */
export const REFERRERS_MAX = 100;

/** The store cannot be reached or did not answer in time. A commit that fails so wrote nothing; nothing is known about what became of other writes. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable';
}

/** The store took a commit and did not answer, nor could it be asked since what became of it: the commit may or may not have been made. */
export class StoreUncertain extends StoreUnavailable {
  override readonly name = 'StoreUncertain';
}

/**
 * The store is there and refuses this call: nothing was written. `why` is a sentence without a final stop that names the
 * cause, as "Redis is out of memory".
 */
export class StoreRefused extends StoreUnavailable {
  override readonly name = 'StoreRefused';
  readonly why: string;

  constructor(why: string, message = why) {
    super(message);
    this.why = why;
  }
}

/** The store has lost some of what holds its documents together, and takes no changes of them until it is repaired. Nothing was written. */
export class StoreDamaged extends StoreUnavailable {
  override readonly name = 'StoreDamaged';
  /** What is lost, in a sentence without a final stop. */
  readonly loss: string;

  constructor(loss: string) {
    super(`The store has lost data: ${loss}`);
    this.loss = loss;
  }
}

/**
 * Where configuration, observations, membership and events live. Every method may throw StoreUnavailable; everything
 * else that can happen is a value. What it leaves out on purpose: it never computes a verdict, never validates a
 * document that is written, never retries a write. Every record that it reads is parsed as what others may have changed:
 * one that is not as it must be is set aside, which `damage` tells, and all others are read.
 */
export interface Store {
  /** The damaged records that were met; absent: this store keeps none that could be. */
  readonly damage?: Damage;
  /** Examines every record there is, and hands over those that are damaged. Resolves with how many records there are. */
  examine?(found: (record: DamagedRecord) => void): Promise<number>;
  /**
   * All documents at one revision, after every write that was acknowledged before. With `known`, an earlier reading,
   * only what has changed since may be read: documents that have not are then the same objects, and where nothing
   * has it is given back itself.
   */
  read(known?: Configuration): Promise<Configuration>;
  /** One document, read after every write that was acknowledged before; undefined when it does not exist. */
  get<K extends Kind>(kind: K, id: string): Promise<Extract<StoredDocument, { kind: K }> | undefined>;
  /**
   * Applies all writes in one new revision, or none. Each write is judged as those before it leave the store, so
   * one commit can put a monitor and then a pool that refers to it. Without writes nothing changes and the present
   * revision is returned. `audit` is kept among the events with the writes, with the revision, or not at all. Throws
   * RangeError over WRITES_MAX writes, StoreDamaged where something is lost, StoreUncertain where it may have been made all the
   * same.
   */
  commit(writes: readonly Write[], audit?: readonly AuditEvent[], ifAtRevision?: number): Promise<Committed>;
  /**
   * Whether this store's history went through a state that somebody knows: false where it is of another epoch, behind it,
   * or has another link at that revision. true also where that is more
   * than LINKS_MAX revisions ago, or nobody knows the link.
   */
  continues(from: StorePosition): Promise<boolean>;
  /**
   * Begins another epoch by a person's decision: what the store has holds, and everybody takes it in, whatever they knew
   * before. Returns the revision.
   */
  adopt(): Promise<number>;
  /**
   * Reports everything after `from`, until stopped; never from inside a call of the store. Reconnects by itself and
   * misses nothing, or says `lost`.
   */
  follow(from: Position, follower: Follower): Following;

  /** Every observation held, live or not, and the position from which to follow; one that is published meanwhile may come twice, the newer last. */
  observations(): Promise<{ readonly position: string; readonly observations: readonly Observation[] }>;
  /** The newest of these observations, in their order; undefined where one is not held (any more). */
  observed(keys: readonly ObservationKey[]): Promise<readonly (Observation | undefined)[]>;
  /** Writes what a worker found; `fenced` (and nothing written) when its lease has ended. */
  publish(lease: Lease, publication: Publication): Promise<'published' | 'fenced'>;

  /** Makes a worker live; an earlier lease of the same worker ends. */
  join(worker: Worker): Promise<Lease>;
  /** `lost` when the lease has ended: join again. */
  renew(lease: Lease): Promise<'renewed' | 'lost'>;
  /** Ends a lease now; harmless when it has ended. */
  leave(lease: Lease): Promise<void>;
  /** Live workers by the store's own clock, in order of their ids. */
  workers(): Promise<readonly Worker[]>;

  /**
   * Up to `limit` events of one trail, or of all in the order in which they were kept, newest first, older than `before`
   * where given; none for a `before` that is no cursor.
   */
  events(limit: number, before?: string, trail?: Trail): Promise<readonly StoredEvent[]>;
  /**
   * Up to `limit` events of one trail, or of all, oldest first, that came after the one with this cursor; after none:
   * from the oldest that is kept. What is no longer kept is left out (see reaches). None for an `after` that is no cursor.
   */
  eventsAfter(after: string | undefined, limit: number, trail?: Trail): Promise<readonly StoredEvent[]>;
  /**
   * Whether all events of the trail after this cursor are still kept. false also where the event itself was the last to
   * be forgotten, and for what is no cursor.
   */
  reaches(cursor: string, trail: Trail): Promise<boolean>;

  /** Gives the lead to a node, unless another has it (undefined); an earlier lead of the same node ends. */
  lead(node: string): Promise<Lead | undefined>;
  /** `lost` when the lead has ended. */
  renewLead(lead: Lead): Promise<'renewed' | 'lost'>;
  /** Ends a lead now; harmless when it has ended. */
  resign(lead: Lead): Promise<void>;
  /** Reads the latest reported state of every subject, by subject. It outlasts leads. */
  reported(): Promise<ReadonlyMap<string, ReportedState>>;
  /**
   * Keeps events together with what they make of the subjects; `fenced` (and nothing written) when the lead has ended.
   * After StoreUnavailable read reported() again: it shows whether this was written. Throws RangeError over REPORT_MAX.
   */
  report(lead: Lead, report: Report): Promise<'reported' | 'fenced'>;
  /** Up to which event a destination has been notified; undefined: of none (or it was forgotten, see DESTINATIONS_MAX). */
  cursor(destination: string): Promise<string | undefined>;
  /** Sets that, under the lead that notifies; `fenced` (and nothing written) when it has ended. */
  moveCursor(lead: Lead, destination: string, cursor: string): Promise<'moved' | 'fenced'>;

  /** Makes a node live for ANNOUNCEMENT_MS, as it is described; `full`: NODES_MAX others are. */
  announce(node: NodeStatus): Promise<'announced' | 'full'>;
  /** Ends that now. */
  withdraw(node: string): Promise<void>;
  /** Live nodes by the store's own clock, in order of their ids. */
  nodes(): Promise<readonly NodeStatus[]>;

  /**
   * Keeps a preview for a worker to take, for PREVIEW_MS by the store's own clock; `full`: PREVIEWS_MAX are kept, or of askers
   * who are no admins as many as those leave; `token_full`: PREVIEWS_PER_TOKEN_MAX of this one.
   */
  requestPreview(request: PreviewRequest, asker?: Asker): Promise<'kept' | 'full' | 'token_full'>;
  /**
   * The oldest preview that nobody has, to be carried out under this lease: nobody else is given it while the lease
   * lasts. undefined when there is none, or the lease has ended.
   */
  takePreview(lease: Lease): Promise<PreviewRequest | undefined>;
  /** Replaces what was found so far; after `isLast` nobody is given the preview again. `refused` (and nothing written) when it is not this lease's any more. */
  answerPreview(
    lease: Lease,
    id: string,
    found: readonly PoolPreview[],
    isLast: boolean,
  ): Promise<'answered' | 'refused'>;
  /** What was found so far; undefined when there is no such preview (any more). */
  preview(id: string): Promise<readonly PoolPreview[] | undefined>;
  /** What it is set to that decides whether what it acknowledged lasts; absent: nothing that anybody could set. */
  settings?(): Promise<StoreSettings>;
  /** Ends connections; pending calls fail with StoreUnavailable. */
  close(): Promise<void>;
}

/** Writes in one commit. */
export const WRITES_MAX = 1_000;
