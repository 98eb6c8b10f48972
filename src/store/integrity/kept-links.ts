/**
 * Links of past revisions are kept for longer than their changes, so that a node that was away for long finds out whether
 * the history that it knows was undone meanwhile. A ring of LINK_TEXTS texts holds the last LINKS_MAX of them, in LINK_TEXTS
 * times 270 octets: text number `<place> modulo LINK_TEXTS` is `<place> <links>`, for the LINKS_IN_TEXT revisions from
 * `<place> * LINKS_IN_TEXT` on. Of each link the first LINK_CHARACTERS are kept, `.` where nobody kept one.
 */
export const LINKS_MAX = 1_048_576;
/** Links in one text. */
export const LINKS_IN_TEXT = 64;
/** Texts of the ring. */
export const LINK_TEXTS = LINKS_MAX / LINKS_IN_TEXT;
/** Characters of base64url that are kept of a link: 24 bits. */
export const LINK_CHARACTERS = 4;

/** Where the link of a revision is kept. */
function placeOf(revision: number): { readonly head: string; readonly at: number } {
  const place = Math.floor(revision / LINKS_IN_TEXT);
  const head = `${place} `;
  return { head, at: head.length + (revision % LINKS_IN_TEXT) * LINK_CHARACTERS };
}

/** The number of the text that holds the link of a revision, from 0 to LINK_TEXTS - 1. */
export function linkTextOf(revision: number): number {
  return Math.floor(revision / LINKS_IN_TEXT) % LINK_TEXTS;
}

/** The text that holds the link of a revision, with the link. What the text held for later revisions is dropped. */
export function withLink(text: string, revision: number, link: string): string {
  const { head, at } = placeOf(revision);
  const before = text.startsWith(head) ? text : head;
  return before.slice(0, at).padEnd(at, '.') + link.slice(0, LINK_CHARACTERS);
}

/** Returns false where the text that holds the link of a revision shows that it was another one than `link`. */
export function mayHaveLink(text: string, revision: number, link: string | undefined): boolean {
  const { head, at } = placeOf(revision);
  if (link === undefined || !text.startsWith(head)) return true;
  const kept = text.slice(at, at + LINK_CHARACTERS);
  return !/^[\w-]{4}$/.test(kept) || link.startsWith(kept);
}

/** Returns true where the text that holds the link of a revision shows that it was this one. */
export function holdsLink(text: string, revision: number, link: string): boolean {
  const { head, at } = placeOf(revision);
  return text.startsWith(head) && text.slice(at, at + LINK_CHARACTERS) === link.slice(0, LINK_CHARACTERS);
}
