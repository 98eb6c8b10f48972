const NOT_ASCII = /[^\0-\x7f]/gu;
/** Cache of folded characters, at most 150,000. */
const folded = new Map<string, string>();

/**
 * Folds a text for comparison without regard to case. Each character folds by itself, so that a text that contains
 * another still does when both are folded; `toLowerCase` alone changes the last sigma of a word. ß folds to ss, as in
 * Unicode's full case folding.
 */
export function foldCase(text: string): string {
  return text.replace(NOT_ASCII, foldCharacter).toLowerCase();
}

function foldCharacter(character: string): string {
  const known = folded.get(character);
  if (known !== undefined) return known;
  // Through both cases: the only small letter of ẞ is ß, and the only capital of ß is SS.
  const made = [...character.toLowerCase().toUpperCase()].map((each) => each.toLowerCase()).join('');
  folded.set(character, made);
  return made;
}
