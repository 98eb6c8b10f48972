/** What is remembered of a check. */
export interface HeldVerdict {
  readonly healthy: boolean;
  /** What a host name resolved to, when it did. */
  readonly addresses?: readonly string[] | undefined;
}
