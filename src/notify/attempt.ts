/** The result of one attempt to notify a destination. */
export type Attempt =
  | { readonly kind: 'delivered' }
  /** The receiver is away or faulty: the notification is tried again, however long that takes. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The receiver works and refuses this notification, so that the next ones must not wait for it. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Returns the code of an error. Its message must not be shown: it may contain an address with a secret. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name ?? 'Error');
}
