const NOT_ASCII = /[^\0-\x7f]/gu;
/** What characters fold to; there are 150,000 at most. */
const folded = new Map<string, string>();

/**
 * A text as it is compared without regard to case. Each character folds by itself, whatever stands beside it, so that of
 * two texts that hold one another the folded ones do as well: `toLowerCase` makes the last sigma of a word another
 * letter. ß folds to ss, as in Unicode's full case folding.
 */
export function foldCase(text: string): string {
  return text.replace(NOT_ASCII, foldCharacter).toLowerCase();
}

function foldCharacter(character: string): string {
  const known = folded.get(character);
  if (known !== undefined) return known;
  // By way of both cases, as ẞ has no small letter but ß, and that no capital but SS.
  const made = [...character.toLowerCase().toUpperCase()].map((each) => each.toLowerCase()).join('');
  folded.set(character, made);
  return made;
}
