import { expect, test } from 'vitest';
import { InvalidResponse } from '../../../src/probe/failure.ts';
import { createReplyReader, LINE_OCTETS_MAX, REPLY_LINES_MAX } from '../../../src/probe/smtp/reply.ts';

const read = (...pieces: string[]) => {
  const reader = createReplyReader();
  return pieces.flatMap((piece) => reader(Buffer.from(piece, 'latin1')));
};

test.each<{ rule: string; pieces: string[]; codes: number[] }>([
  { rule: 'RFC 5321 §4.2', pieces: ['220 mail.example.org ready\r\n'], codes: [220] },
  { rule: '§4.2: the text may be missing', pieces: ['250\r\n221 \r\n'], codes: [250, 221] },
  { rule: '§4.2.1: more lines', pieces: ['250-one\r\n250-two\r\n250 three\r\n'], codes: [250] },
  { rule: '§4.2.1: more lines without text', pieces: ['250-\r\n250\r\n'], codes: [250] },
  { rule: 'in pieces', pieces: ['2', '2', '0 x', '\r', '\n', '4'], codes: [220] },
  { rule: 'LF alone', pieces: ['220 x\n250 y\n'], codes: [220, 250] },
  { rule: 'not ASCII', pieces: ['220 gr\xfc\xdfe\r\n'], codes: [220] },
  { rule: 'not yet complete', pieces: ['250-one\r\n250-two\r\n250 thr'], codes: [] },
  { rule: 'the longest line', pieces: [`220 ${'x'.repeat(LINE_OCTETS_MAX - 4)}\r\n`], codes: [220] },
  { rule: 'the most lines', pieces: [`${'250-x\r\n'.repeat(REPLY_LINES_MAX - 1)}250 x\r\n`], codes: [250] },
])('$rule: $codes', ({ pieces, codes }) => expect(read(...pieces)).toEqual(codes));

test.each([
  { what: 'another protocol', pieces: ['SSH-2.0-OpenSSH_9.6\r\n'] },
  { what: 'an empty line', pieces: ['\r\n'] },
  { what: 'two digits', pieces: ['22 x\r\n'] },
  { what: 'four digits', pieces: ['2200 x\r\n'] },
  { what: 'a code that no reply begins with', pieces: ['199 x\r\n'] },
  { what: 'two codes in one reply', pieces: ['250-x\r\n251 y\r\n'] },
  { what: 'a line that is too long', pieces: [`220 ${'x'.repeat(LINE_OCTETS_MAX - 3)}\r\n`] },
  { what: 'a line without end', pieces: ['220 ', 'x'.repeat(LINE_OCTETS_MAX)] },
  { what: 'too many lines', pieces: ['250-x\r\n'.repeat(REPLY_LINES_MAX)] },
])('$what is refused', ({ pieces }) => expect(() => read(...pieces)).toThrow(InvalidResponse));
