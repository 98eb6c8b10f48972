/** Gives numbers from 0 on, and those that were freed again first. */
export interface Ordinals {
  take(): number;
  free(ordinal: number): void;
}

/** All numbers are free. */
export function createOrdinals(): Ordinals {
  const freed: number[] = [];
  let next = 0;
  return {
    take: () => freed.pop() ?? next++,
    free: (ordinal) => void freed.push(ordinal),
  };
}
