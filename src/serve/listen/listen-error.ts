/** An error that keeps a listener from starting. Its message is for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}
