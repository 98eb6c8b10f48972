/** What is known after another piece of the body: keep feeding, or stop. */
export type Search = 'more' | 'found' | 'absent';

/**
 * Searches a body, fed in pieces, for a text without regard to case. The body is read as UTF-8; the text may straddle
 * pieces. `absent` once `octetsMax` octets went by without it. An empty text is found at once.
 */
export function createBodySearch(expected: string, octetsMax: number): (piece: Uint8Array) => Search {
  const wanted = expected.toLowerCase();
  const decoder = new TextDecoder();
  let left = octetsMax;
  let tail = '';
  return (piece) => {
    const text = tail + decoder.decode(piece.subarray(0, left), { stream: true }).toLowerCase();
    left -= Math.min(left, piece.length);
    if (text.includes(wanted)) return 'found';
    tail = wanted.length > 1 ? text.slice(1 - wanted.length) : '';
    return left > 0 ? 'more' : 'absent';
  };
}
