/** A serving node, as it tells the others. */
export interface NodeStatus {
  /** Unique for every start of a process. */
  readonly id: string;
  /** Name of the machine. */
  readonly host: string;
  /** Where it answers DNS. */
  readonly dns: readonly string[];
  /** URL of its API. */
  readonly api: string;
  /** The configuration revision it answers from; -1: none yet. */
  readonly revision: number;
  /** Number of its published table. */
  readonly generation: number;
  /** Whether it hears of changes. */
  readonly isConnected: boolean;
  /** Why it serves something else than the store has, in a sentence without a final stop; absent: it does not. */
  readonly disbelief?: string;
  /** Verdicts on checks that are no more than held, and for how long the oldest has been, milliseconds. */
  readonly staleChecks: number;
  readonly staleMs: number;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
}
