import { InvalidResponse } from '../failure.ts';

/** Octets of one line of a reply without its end: twice what RFC 5321 §4.5.3.1.5 allows. */
export const LINE_OCTETS_MAX = 1_024;
/** Lines of one reply. */
export const REPLY_LINES_MAX = 64;

/** Three digits, then a hyphen (more lines come) or a space and text; the text, and then the space, may be missing. */
const LINE = /^([2-5][0-9]{2})(?:([- ]).*)?$/;

/**
 * A reader of SMTP replies, fed with octets as they come (RFC 5321 §4.2): gives the code of every reply that is
 * complete. All lines of a reply have the same code (§4.2.1). Lines may end in LF alone. Throws InvalidResponse when
 * a line is none of a reply or a bound is passed.
 */
export function createReplyReader(): (piece: Uint8Array) => number[] {
  let line = '';
  let lines = 0;
  let code = '';

  function endLine(): number | undefined {
    const [, found, mark] = LINE.exec(line.replace(/\r$/, '')) ?? [];
    line = '';
    lines += 1;
    if (found === undefined) throw new InvalidResponse('not a line of an SMTP reply');
    if (lines > 1 && found !== code) throw new InvalidResponse('an SMTP reply with two codes');
    if (mark === '-') {
      if (lines === REPLY_LINES_MAX) throw new InvalidResponse('an SMTP reply of too many lines');
      code = found;
      return undefined;
    }
    lines = 0;
    return Number(found);
  }

  return (piece) => {
    const codes: number[] = [];
    const texts = Buffer.from(piece).toString('latin1').split('\n');
    for (const [at, text] of texts.entries()) {
      line += text;
      if (line.length > LINE_OCTETS_MAX + 1) throw new InvalidResponse('an SMTP line that is too long');
      if (at === texts.length - 1) break;
      const complete = endLine();
      if (complete !== undefined) codes.push(complete);
    }
    return codes;
  };
}
