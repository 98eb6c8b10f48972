/** A live monitor process, as the others see it. */
export interface Worker {
  /** Unique for every start of a worker process. */
  readonly id: string;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Its own network is the suspect (see mustAbstain): what it observed has no vote. Absent: it does not abstain. */
  readonly isAbstaining?: boolean;
  /** Why it abstains, where that is not its own network: the store refuses what it finds. Absent: see there. */
  readonly refusal?: string;
  /**
   * Which of its stays this is: one more each time it comes back, after its lease had ended or after it abstained. Absent: 0,
   * its first.
   */
  readonly stay?: number;
}
