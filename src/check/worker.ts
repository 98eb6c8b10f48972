/** A live worker as it presents itself on the roster. */
export interface Worker {
  /** Unique for every start of a worker process. */
  readonly id: string;
  readonly region: string;
  /** Name of its machine, and version of its program; absent: a version that did not say so yet. */
  readonly host?: string;
  readonly version?: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** true: its own network is the suspect (see mustAbstain), and its observations have no vote. */
  readonly isAbstaining?: boolean;
  /** Why the store refuses its results, where it abstains for that; absent: it abstains for its network. */
  readonly refusal?: string;
  /** Its incarnation: it rises each time it joins again after its lease ended, or after it abstained. Absent: 0, the first. */
  readonly stay?: number;
}
