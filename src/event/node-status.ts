/** Short digests of the parts of a configuration, without secrets and without what is a node's own. */
export interface ConfigurationDigests {
  /** Of all parts together. */
  readonly all: string;
  /** The zones of the file. */
  readonly zones: string;
  /** The health policy. */
  readonly health: string;
  /** The limits of answers, checks and stored objects. */
  readonly limits: string;
}

/** A serving node as it announces itself to the others. */
export interface NodeStatus {
  /** Unique for every start of a process. */
  readonly id: string;
  /** Name of the machine. */
  readonly host: string;
  /** Version of its program; absent: one that did not say so yet. */
  readonly version?: string;
  /** Where it answers DNS. */
  readonly dns: readonly string[];
  /** URL of its API. */
  readonly api: string;
  /** The configuration revision it answers from; -1: none yet. */
  readonly revision: number;
  /** Number of its published table. */
  readonly generation: number;
  /** true while it follows the store. */
  readonly isConnected: boolean;
  /** Why it does not serve the store's configuration, in a sentence without a final stop; absent: it does. */
  readonly disbelief?: string;
  /** Digests of what all nodes must have in common in their configuration; absent: one that does not say so yet. */
  readonly configuration?: ConfigurationDigests;
  /** true: it stops in order, and answers no more soon. */
  readonly isLeaving?: boolean;
  /** Number of stale verdicts, and the age of the oldest, milliseconds. */
  readonly staleChecks: number;
  readonly staleMs: number;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
}
