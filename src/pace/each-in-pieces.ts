import { createPieces } from './next-turn.ts';

/** Calls `visit` with each item in its order, and lets others work in between. */
export async function eachInPieces<T>(items: Iterable<T>, visit: (item: T) => void): Promise<void> {
  const isLong = createPieces();
  for (const item of items) {
    visit(item);
    const rest = isLong();
    if (rest) await rest;
  }
}
