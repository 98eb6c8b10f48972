/** Octets of a response body that are searched for the expected text: 10 KB; what lies beyond is not read. */
export const BODY_OCTETS_MAX = 10 * 1024;

/** What is known after another piece of the body: keep feeding, or stop. */
export type Search = 'more' | 'found' | 'absent';

/**
 * Searches a body, fed in pieces, for a text without regard to case. The body is read as UTF-8; the text may straddle
 * pieces. `absent` once BODY_OCTETS_MAX octets went by without it. An empty text is found at once.
 */
export function createBodySearch(expected: string): (piece: Uint8Array) => Search {
  const wanted = expected.toLowerCase();
  const decoder = new TextDecoder();
  let left = BODY_OCTETS_MAX;
  let tail = '';
  return (piece) => {
    const text = tail + decoder.decode(piece.subarray(0, left), { stream: true }).toLowerCase();
    left -= Math.min(left, piece.length);
    if (text.includes(wanted)) return 'found';
    tail = wanted.length > 1 ? text.slice(1 - wanted.length) : '';
    return left > 0 ? 'more' : 'absent';
  };
}
