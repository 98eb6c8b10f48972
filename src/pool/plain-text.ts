/** Controls (C0, DEL and C1), line and paragraph separators, and unpaired surrogates; but not tabs and line breaks. */
const CONTROL = /[^\P{Cc}\t\n\r]|[\p{Zl}\p{Zp}\p{Cs}]/u;
/** Characters that change the direction of the text after them (Unicode's UAX #9 §2: embeddings, overrides, isolates). */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/;
/**
 * Characters that a name must not have: controls, and invisible ones such as zero-width characters, the fillers of Hangul, which are
 * letters, and the blank of Braille (Unicode's UAX #44, Default_Ignorable_Code_Point). A selector of a picture's form may follow one.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u2800]|(?![\ufe0e\ufe0f])\p{DI}|(?<!\p{Extended_Pictographic})[\ufe0e\ufe0f]/u;
/** Characters that a terminal may obey, or that a reader cannot see. */
const UNSAFE = /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u2800]|(?![\ufe0e\ufe0f])\p{DI}/gu;
/** The same, of those that JSON does not escape. */
const UNSAFE_IN_JSON = /[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u2800]|(?![\ufe0e\ufe0f])\p{DI}/gu;

/** Returns true for a text of one or more lines without invisible control characters. */
export function isPlainText(text: string): boolean {
  return !CONTROL.test(text) && !DIRECTION.test(text);
}

/** Returns true for a text that may be a name: one line without invisible characters. */
export function isPlainName(text: string): boolean {
  return text !== '' && !UNSEEN.test(text);
}

/** Escapes the characters of a text that a terminal may obey or a reader cannot see, such as `\u009b`; line breaks stay. */
export function escapeText(text: string): string {
  return text.replaceAll(UNSAFE, escaped);
}

/** Escapes the same characters in JSON, whose meaning stays. */
export function escapeJson(json: string): string {
  // Most texts are ASCII, and that is quicker to find out.
  const isAscii = Buffer.byteLength(json) === json.length;
  return isAscii && !json.includes('\x7f') ? json : json.replaceAll(UNSAFE_IN_JSON, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    const unit = character.charCodeAt(i).toString(16);
    return `\\u${unit.padStart(4, '0')}`;
  }).join('');
}
