/** Maximum number of edits between a misspelled word and the intended one. */
const EDITS_MAX = 2;
/** Characters of a word that are compared, which bounds the work. */
const WORD_MAX = 64;

/** Returns ` (did you mean "x"?)` with the known word nearest to an unknown one, or an empty text when none is near. */
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

/** Counts the characters to insert, delete or replace to turn one word into the other (Levenshtein distance), row by row. */
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
