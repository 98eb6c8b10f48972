/** What was made of the texts that were asked for last. */
export interface Kept<T> {
  /** Takes out what was made of a text. */
  take(text: string): T | undefined;
  /** Keeps what was made of a text that has nothing here, and drops what was kept the longest ago where all is too large. */
  keep(text: string, made: T): void;
  readonly size: number;
}

/** Creates an empty store that has `octetsMax` octets at the most, as `octetsOf` counts them. */
export function createKept<T>(octetsMax: number, octetsOf: (text: string, made: T) => number): Kept<T> {
  /** In the order in which they were kept. */
  const entries = new Map<string, T>();
  let octets = 0;

  function take(text: string): T | undefined {
    const made = entries.get(text);
    if (made === undefined) return undefined;
    entries.delete(text);
    octets -= octetsOf(text, made);
    return made;
  }

  return {
    take,
    keep(text, made) {
      entries.set(text, made);
      octets += octetsOf(text, made);
      for (const oldest of entries.keys()) {
        if (octets <= octetsMax) break;
        take(oldest);
      }
    },
    get size() {
      return entries.size;
    },
  };
}
