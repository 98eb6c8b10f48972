import { foldCase } from '../../check/case-fold.ts';

const UTF8 = 'utf-8';

/**
 * What is known after another piece of the body: keep feeding, or stop. `unsearchable`: the text has more characters than what
 * was read before the bound.
 */
export type Search = 'more' | 'found' | 'absent' | 'unsearchable';

/**
 * Searches a body, fed in pieces, for a text without regard to case. The body is read in the charset that it is said to
 * have, or that its byte order mark shows (RFC 2781 §3.2), and also in UTF-8, which many servers send under another
 * name; the text may straddle pieces. `absent` or `unsearchable` (in the charset it is said to have) once `octetsMax`
 * octets went by without it. An empty text is found at once.
 */
export function createBodySearch(
  expected: string,
  octetsMax: number,
  charset = UTF8,
): (piece: Uint8Array) => Search {
  let search: ((piece: Uint8Array) => Search) | undefined;
  let begun = new Uint8Array();
  return (piece) => {
    if (search !== undefined) return search(piece);
    begun = Buffer.concat([begun, piece]);
    // The second octet tells whether the first one begins a mark.
    if (begun.length === 1 && MARK_BEGINS.includes(begun[0]!)) return 'more';
    search = createSearches(expected, octetsMax, markedCharset(begun) ?? charset);
    return search(begun);
  };
}

const MARK_BEGINS: readonly number[] = [0xfe, 0xff];

/** The charset whose byte order mark is at the beginning (RFC 2781 §3.2); undefined: there is none. */
function markedCharset([first, second]: Uint8Array): string | undefined {
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return first === 0xff && second === 0xfe ? 'utf-16le' : undefined;
}

function createSearches(expected: string, octetsMax: number, charset: string): (piece: Uint8Array) => Search {
  const decoder = decoderOf(charset);
  const search = createSearch(decoder, expected, octetsMax);
  if (decoder.encoding === UTF8) return search;
  const verbatim = createSearch(decoderOf(UTF8), expected, octetsMax);
  return (piece) => {
    const state = search(piece);
    return verbatim(piece) === 'found' ? 'found' : state;
  };
}

function createSearch(
  decoder: TextDecoder,
  expected: string,
  octetsMax: number,
): (piece: Uint8Array) => Search {
  const wanted = foldCase(expected);
  let left = octetsMax;
  let characters = 0;
  let tail = '';
  return (piece) => {
    const read = foldCase(decoder.decode(piece.subarray(0, left), { stream: true }));
    const text = tail + read;
    characters += read.length;
    left -= Math.min(left, piece.length);
    if (text.includes(wanted)) return 'found';
    tail = wanted.length > 1 ? text.slice(1 - wanted.length) : '';
    if (left > 0) return 'more';
    return characters < wanted.length ? 'unsearchable' : 'absent';
  };
}

/** The charset that a Content-Type names (RFC 9110 §8.3.2); undefined: it names none. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1];
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { ignoreBOM: true });
  } catch {
    // A label that the WHATWG Encoding Standard does not have.
    return new TextDecoder(UTF8, { ignoreBOM: true });
  }
}
