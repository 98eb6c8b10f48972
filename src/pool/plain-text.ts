/** Controls (C0, DEL and C1), line and paragraph separators, and unpaired surrogates; but not tabs and line breaks. */
const CONTROL = /[^\P{Cc}\t\n\r]|[\p{Zl}\p{Zp}\p{Cs}]/u;
/** What turns the direction of the text that follows (Unicode's UAX #9 §2: embeddings, overrides, isolates). */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/;
/** What a name does without: all controls, and what is not seen at all, such as zero-width characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
/** What a terminal may obey, or a reader may not see. */
const UNSAFE = /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** The same, of what JSON leaves as it is. */
const UNSAFE_IN_JSON = /[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Whether a text is one that people read as it is, in one line or several. */
export function isPlainText(text: string): boolean {
  return !CONTROL.test(text) && !DIRECTION.test(text);
}

/** Whether a text may be a name: in one line, and nothing in it that is not seen. */
export function isPlainName(text: string): boolean {
  return text !== '' && !UNSEEN.test(text);
}

/** A text for people, line breaks as they are: what a terminal may obey or a reader may not see is written as `\u009b`. */
export function escapeText(text: string): string {
  return text.replaceAll(UNSAFE, escaped);
}

/** JSON with the same escapes, which mean what they stand for. */
export function escapeJson(json: string): string {
  // Most texts are ASCII, which is known sooner than looked through.
  const isAscii = Buffer.byteLength(json) === json.length;
  return isAscii && !json.includes('\x7f') ? json : json.replaceAll(UNSAFE_IN_JSON, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    const unit = character.charCodeAt(i).toString(16);
    return `\\u${unit.padStart(4, '0')}`;
  }).join('');
}
