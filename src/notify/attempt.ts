/** What became of one attempt to notify somebody. */
export type Attempt =
  | { readonly kind: 'delivered' }
  /** The receiver is away or not well: the same again later, however long that takes. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The receiver is well and does not want this one, so that what comes after it must not wait for it. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The code of an error, which is all of it that may be shown: messages may repeat an address with a secret in it. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : String(name ?? 'Error');
}
