/** Gives numbers from 0 on, freed ones first. */
export interface Ordinals {
  take(): number;
  free(ordinal: number): void;
}

/** Creates ordinals that are all free. */
export function createOrdinals(): Ordinals {
  const freed: number[] = [];
  let next = 0;
  return {
    take: () => freed.pop() ?? next++,
    free: (ordinal) => void freed.push(ordinal),
  };
}
