/** What keeps a listener from starting, in words for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}
