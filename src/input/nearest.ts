/** Edits a slip of the keyboard takes at most. */
const EDITS_MAX = 2;
/** Longest word looked at, so that the work stays small. */
const WORD_MAX = 64;

/** ` (did you mean "x"?)` for the known word nearest to an unknown one; empty when none is near. */
export function nearest(word: string, known: readonly string[]): string {
  const plain = (each: string) => each.toLowerCase().replaceAll(/[_-]/g, '');
  let best: string | undefined;
  let fewest = EDITS_MAX + 1;
  for (const each of known) {
    const edits = distance(plain(word).slice(0, WORD_MAX), plain(each));
    if (edits < fewest && edits < each.length / 2) [best, fewest] = [each, edits];
  }
  return best === undefined ? '' : ` (did you mean "${best}"?)`;
}

/** Characters to insert, delete or replace to make one word of the other (Levenshtein), row by row. */
function distance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const here = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      here.push(Math.min(replaced, above[column]! + 1, here[column - 1]! + 1));
    }
    above = here;
  }
  return above[to.length]!;
}
