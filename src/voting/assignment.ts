/** Continues an FNV-1a hash from `seed` over the UTF-16 units of a text. */
function fold(seed: number, text: string): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** Applies the finalizer of MurmurHash3, by which every input bit changes about half of the output bits. */
function spread(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Returns a well-spread 32-bit unsigned hash of a text, the same in every process. */
export function hashOf(text: string): number {
  return spread(fold(0x811c9dc5, text));
}

/**
 * Returns the `count` workers that run a check, best first, by rendezvous hashing: every worker draws a number for the
 * check, and the highest win. So the shares are even, and a worker that joins or leaves moves only its own checks. The
 * order of `workers` does not matter. Returns all workers where there are no more than `count`.
 */
export function assigned(checkKey: string, workers: readonly string[], count: number): readonly string[] {
  if (workers.length <= count) return workers;
  const check = hashOf(checkKey);
  const drawn = workers.map((id) => ({ id, draw: spread(fold(check, id)) }));
  drawn.sort((a, b) => b.draw - a.draw || (a.id < b.id ? -1 : 1));
  return drawn.slice(0, count).map(({ id }) => id);
}
