/** The destinations of notifications, and how to test them. */
export interface NotificationSource {
  /** Keys of the destinations: `webhook/<name>`, `mail`. */
  readonly destinations: readonly string[];
  /** Sends a test to these destinations, within a bounded time. Never rejects. */
  test(keys: readonly string[]): Promise<readonly TestOutcome[]>;
}

/** The outcome of one test. */
export interface TestOutcome {
  readonly destination: string;
  readonly attempt:
    | { readonly kind: 'delivered' }
    | { readonly kind: 'failed' | 'refused'; readonly reason: string };
  readonly tookMs: number;
}
