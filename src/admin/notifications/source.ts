/** Who is notified, and how a test gets there. */
export interface NotificationSource {
  /** Keys of the destinations: `webhook/<name>`, `mail`. */
  readonly destinations: readonly string[];
  /** Sends a test to these, within a bounded time. Never rejects. */
  test(keys: readonly string[]): Promise<readonly TestOutcome[]>;
}

/** What became of one test. */
export interface TestOutcome {
  readonly destination: string;
  readonly attempt:
    | { readonly kind: 'delivered' }
    | { readonly kind: 'failed' | 'refused'; readonly reason: string };
  readonly tookMs: number;
}
