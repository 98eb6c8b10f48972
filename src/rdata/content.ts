import { characterString, pieces, unescaped } from './character-string.ts';
import { concatenated } from './concatenate.ts';
import { layoutOf } from './layout/record-types.ts';
import { hasQuote, isText, parseRdata, printRdata, rdataFromJson, rdataToJson } from './rdata.ts';
import { RDATA_OCTETS_MAX, RdataError } from './rdata-error.ts';
import { tokenize } from './token.ts';

/**
 * The content of a record of the API, whole and in presentation form, from the content or the data that a client sends: as
 * printRdata() prints it, but hexadecimal in the case that the client writes, which would see a change in another. In content a
 * quoted text of TXT or SPF may have more than 255 octets, and is cut. All names are full. Throws RdataError.
 */
export function contentFrom(
  type: number,
  given: { readonly content: string } | { readonly data: unknown },
): string {
  if ('content' in given) {
    const printed = printRdata(type, parseContent(type, given.content));
    return inCaseOf(type, printed, given.content);
  }
  const printed = printRdata(type, rdataFromJson(type, given.data));
  const written = new Map(Object.entries(given.data ?? {})).get(hexadecimalMember(type) ?? '');
  return inCaseOf(type, printed, typeof written === 'string' ? written : '');
}

/** The data of the API of a content, whole and in presentation form; hexadecimal keeps its case. Throws RdataError. */
export function dataOf(type: number, content: string): Record<string, unknown> {
  const data = rdataToJson(type, parseRdata(type, content));
  const member = hexadecimalMember(type);
  const written = lastWord(content);
  return member !== undefined && data[member] === written.toLowerCase()
    ? { ...data, [member]: written }
    : data;
}

/** Escapes of octets over 127 one after the other, or another escape. */
const ESCAPES = /(?:\\(?:12[89]|1[3-9]\d|2[0-4]\d|25[0-5]))+|\\./gs;
const QUOTED = /"(?:[^"\\]|\\.)*"/gs;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A content for people: texts in quotes that are UTF-8 are shown so, without their escapes. It is read as the same rdata. */
export function readableContent(content: string): string {
  if (!content.includes('\\')) return content;
  return content.replaceAll(QUOTED, (text) =>
    text.replaceAll(ESCAPES, (escapes) => {
      if (!/^\\\d/.test(escapes)) return escapes;
      try {
        const shown = utf8.decode(Uint8Array.from(escapes.slice(1).split('\\'), Number));
        return /\p{C}/u.test(shown) ? escapes : shown;
      } catch {
        return escapes;
      }
    }),
  );
}

function parseContent(type: number, text: string): Uint8Array {
  if (!isText(type) || !hasQuote(text)) return parseRdata(type, text);
  const tokens = tokenize(text, { hasComments: true, isStrict: true });
  if (tokens.length === 0) throw new RdataError('has no text');
  const rdata = concatenated(tokens.flatMap(({ raw }) => [...pieces(unescaped(raw))].map(characterString)));
  if (rdata.length > RDATA_OCTETS_MAX)
    throw new RdataError(`has ${rdata.length} octets of rdata; ${RDATA_OCTETS_MAX} at most`);
  return rdata;
}

/** The member of the data that is hexadecimal, which is the last word of the presentation form. */
function hexadecimalMember(type: number): string | undefined {
  const layout = layoutOf(type);
  return layout === undefined ? 'rdata' : layout.hexadecimalMember;
}

/** Puts the hexadecimal of a content into the case that it is written in, with blanks and parentheses anywhere between its digits. */
function inCaseOf(type: number, printed: string, written: string): string {
  if (hexadecimalMember(type) === undefined) return printed;
  const digits = lastWord(printed);
  const joined = written.replaceAll(/[\s()]/g, '').slice(-digits.length);
  return joined.toLowerCase() === digits ? printed.slice(0, -digits.length) + joined : printed;
}

const lastWord = (content: string) => content.slice(content.lastIndexOf(' ') + 1);
