/** The functions that continue waiting work. */
const waiting: (() => void)[] = [];

/**
 * Resolves in a turn of the event loop of its own: no other caller continues in the same turn. Long works that await it after
 * each piece delay nothing else, however many of them there are.
 */
export function nextTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (waiting.push(resolve) === 1) setImmediate(give);
  return promise;
}

function give(): void {
  waiting[0]!();
  // The next one continues after the present one has yielded.
  waiting.shift();
  if (waiting.length > 0) setImmediate(give);
}

/** How long work in pieces goes on before it lets others work, milliseconds. */
export const PIECE_MS = 5;

/** Creates a function to call between the parts of long work. It returns a promise to await when the work has run for PIECE_MS. */
export function createPieces(): () => Promise<void> | undefined {
  let sinceMs = performance.now();
  return () => {
    if (performance.now() - sinceMs < PIECE_MS) return undefined;
    return nextTurn().then(() => {
      sinceMs = performance.now();
    });
  };
}
