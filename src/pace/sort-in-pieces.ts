import { createPieces } from './next-turn.ts';

/** Entries that are sorted in one go. */
const RUN = 2_048;
/** Entries that are merged between two looks at the clock. */
const LOOK = 256;

/** Returns a list in the order of `compare`, as toSorted() does, and lets others work in between. Equal entries keep their order. */
export async function sortInPieces<T>(list: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  const isLong = createPieces();
  let from: T[] = [];
  for (let at = 0; at < list.length; at += RUN) {
    for (const each of list.slice(at, at + RUN).sort(compare)) from.push(each);
    const rest = isLong();
    if (rest) await rest;
  }
  for (let run = RUN; run < list.length; run *= 2) {
    const to: T[] = [];
    for (let start = 0; start < list.length; start += 2 * run) {
      const middle = Math.min(start + run, list.length);
      const end = Math.min(middle + run, list.length);
      let [left, right] = [start, middle];
      while (left < middle || right < end) {
        const takesLeft = right === end || (left < middle && compare(from[left]!, from[right]!) <= 0);
        to.push(takesLeft ? from[left++]! : from[right++]!);
        const rest = to.length % LOOK === 0 ? isLong() : undefined;
        if (rest) await rest;
      }
    }
    from = to;
  }
  return from;
}
