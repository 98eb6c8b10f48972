import { expect, test } from 'vitest';
import { InvalidResponse } from '../../../src/probe/failure.ts';
import {
  CHUNK_LINES_OCTETS_MAX,
  createResponseReader,
  INFORMATIONAL_MAX,
} from '../../../src/probe/http/http-response.ts';
import fc, { draws } from '../../support/property.ts';
import { outcomeOf } from './raw-answers.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const ALIVE = 'content-length: 5\r\n\r\nalive';

test.each([
  {
    what: '100 Continue first',
    answer: `HTTP/1.1 100 Continue\r\n\r\n${OK}${ALIVE}`,
    rule: 'RFC 9110 §15.2: MUST',
  },
  {
    what: '103 Early Hints with fields first',
    answer: `HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n${OK}${ALIVE}`,
    rule: 'RFC 8297',
  },
  {
    what: 'several 1xx first',
    answer: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${OK}${ALIVE}`,
    rule: 'RFC 9110 §15.2: one or more',
  },
  {
    what: `${INFORMATIONAL_MAX} of 1xx first`,
    answer: `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(INFORMATIONAL_MAX)}${OK}${ALIVE}`,
    rule: 'the bound',
  },
  { what: 'a folded line', answer: `${OK}x: one\r\n  two\r\n\tthree\r\n${ALIVE}`, rule: 'RFC 9112 §5.2' },
  {
    what: 'a folded Content-Length',
    answer: `${OK}content-length:\r\n 5\r\n\r\nalive`,
    rule: 'RFC 9112 §5.2',
  },
  { what: 'a folded line right after the status line', answer: `${OK} x\r\n${ALIVE}`, rule: 'RFC 9112 §2.2' },
  { what: 'bare LF', answer: 'HTTP/1.1 200 OK\ncontent-length: 5\n\nalive', rule: 'RFC 9112 §2.2' },
  {
    what: 'LF and CRLF mixed',
    answer: 'HTTP/1.1 200 OK\r\nx: y\ncontent-length: 5\r\n\nalive',
    rule: 'RFC 9112 §2.2',
  },
  { what: '20 KB of one field', answer: `${OK}x: ${'y'.repeat(20_480)}\r\n${ALIVE}`, rule: 'as browsers' },
  {
    what: '20 KB of many fields',
    answer: `${OK}${'set-cookie: session=0123456789abcdef\r\n'.repeat(550)}${ALIVE}`,
    rule: 'as browsers',
  },
  {
    what: 'Content-Length twice alike',
    answer: `${OK}content-length: 5\r\n${ALIVE}`,
    rule: 'RFC 9112 §6.3, 5',
  },
  {
    what: 'Content-Length twice alike in a line',
    answer: `${OK}Content-Length: 5, 5\r\n\r\nalive`,
    rule: 'RFC 9112 §6.3, 5',
  },
  {
    what: 'chunks',
    answer: `${OK}transfer-encoding: chunked\r\n\r\n2\r\nal\r\n3\r\nive\r\n0\r\n\r\n`,
    rule: 'RFC 9112 §7.1',
  },
  {
    what: 'chunks with extensions, upper-case sizes, zeros and trailers',
    answer: `${OK}Transfer-Encoding: Chunked\r\n\r\n002;a=b;c="d;e"\r\nal\r\n00A \r\nive1234567\r\n000\r\nx-sum: 1\r\nx: y\r\n\r\n`,
    rule: 'RFC 9112 §7.1.1, §7.1.2',
  },
  {
    what: 'a chunk size of 40 digits by its zeros (once refused from 13 digits on)',
    answer: `${OK}transfer-encoding: chunked\r\n\r\n${'5'.padStart(40, '0')}\r\nalive\r\n${'0'.repeat(40)};a\r\n\r\n`,
    rule: 'RFC 9112 §7.1: 1*HEXDIG',
  },
  {
    what: 'a chunk extension with a semicolon and an escaped quote in quotes',
    answer: `${OK}transfer-encoding: chunked\r\n\r\n5 ; a = "x;\\"y"\r\nalive\r\n0\r\n\r\n`,
    rule: 'RFC 9112 §7.1.1',
  },
  {
    what: 'a Content-Length of 40 digits by its zeros',
    answer: `${OK}content-length: ${'5'.padStart(40, '0')}\r\n\r\nalive`,
    rule: 'RFC 9110 §8.6: 1*DIGIT',
  },
  {
    what: 'chunks with bare LF',
    answer: `${OK}transfer-encoding: chunked\n\n5\nalive\n0\n\n`,
    rule: 'as above',
  },
  {
    what: 'chunks and Content-Length',
    answer: `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nalive\r\n0\r\n\r\n`,
    rule: 'RFC 9112 §6.3, 3: the coding decides',
  },
  { what: 'HTTP/1.0 until the end', answer: 'HTTP/1.0 200 OK\r\n\r\nalive', rule: 'RFC 9112 §6.3, 8' },
  { what: 'HTTP/1.1 without a length', answer: `${OK}\r\nalive`, rule: 'RFC 9112 §6.3, 8' },
  {
    what: 'HTTP/1.0 with keep-alive',
    answer: `HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n${ALIVE}`,
    rule: 'RFC 9112 appendix C.2.2',
  },
  { what: 'no reason phrase', answer: `HTTP/1.1 200 \r\n${ALIVE}`, rule: 'RFC 9112 §4' },
  { what: 'no reason phrase and no blank', answer: `HTTP/1.1 200\r\n${ALIVE}`, rule: 'as browsers' },
  {
    what: 'obs-text in reason and field',
    answer: `HTTP/1.1 200 Tr\xe8s bien\r\nx: \xff\xfe caf\xe9\r\n${ALIVE}`,
    rule: 'RFC 9110 §5.5',
  },
  { what: 'a blank before the colon', answer: `${OK}Content-Length : 5\r\n\r\nalive`, rule: 'as curl' },
  { what: 'names that are no tokens', answer: `${OK}x[y]: z\r\n${ALIVE}`, rule: 'as curl' },
  { what: 'an empty value', answer: `${OK}x:\r\n${ALIVE}`, rule: 'RFC 9110 §5.5' },
  { what: 'empty lines before it', answer: `\r\n\r\n${OK}${ALIVE}`, rule: 'RFC 9112 §2.2' },
  {
    what: 'Transfer-Encoding: identity',
    answer: `${OK}transfer-encoding: identity\r\n\r\nalive`,
    rule: 'RFC 2616 §3.6',
  },
  {
    what: 'more octets after the end',
    answer: `${OK}${ALIVE}HTTP/1.1 408 Request Timeout\r\n\r\n`,
    rule: 'no other request was sent',
  },
])('$what is read ($rule)', async ({ answer }) => {
  expect(await outcomeOf(answer, { expectedBody: 'alive' })).toMatchObject({ ok: true, responseCode: 200 });
});

test('on a connection that is kept open, the response ends with its body', async () => {
  const outcome = await outcomeOf(
    `${OK}connection: keep-alive\r\n${ALIVE}`,
    { expectedBody: 'dead' },
    { end: false },
  );
  expect(outcome).toMatchObject({ reason: 'Response body mismatch error', responseCode: 200 });
});

test.each([
  { method: 'HEAD', answer: `${OK}content-length: 5\r\n\r\n`, status: 200, rule: 'HEAD' },
  { method: 'HEAD', answer: `${OK}transfer-encoding: chunked\r\n\r\n`, status: 200, rule: 'HEAD' },
  { method: 'GET', answer: 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n', status: 204, rule: '204' },
  {
    method: 'GET',
    answer: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n',
    status: 304,
    rule: '304',
  },
])('$rule has no body, whatever its length (RFC 9112 §6.3, 1)', async ({ method, answer, status }) => {
  const outcome = await outcomeOf(
    answer,
    { method, expectedCodes: String(status), expectedBody: 'x' },
    { end: false },
  );
  expect(outcome).toMatchObject({ reason: 'Response body mismatch error', responseCode: status });
});

test.each([
  {
    what: 'SSH',
    answer: 'SSH-2.0-OpenSSH_9.6\r\n',
    detail: 'The answer does not begin with a status line of HTTP/1.',
  },
  { what: 'HTTP/2', answer: 'HTTP/2 200\r\n\r\n', detail: 'The answer is of HTTP/2; 1.0 and 1.1 are read.' },
  { what: 'nothing', answer: '', detail: 'The connection ended without an answer.' },
  {
    what: 'half a status line',
    answer: 'HTTP/1.1 20',
    detail: 'The connection ended within the status line.',
  },
  { what: 'half a head', answer: `${OK}x: y\r\n`, detail: 'The connection ended within the header fields.' },
  {
    what: 'only 1xx',
    answer: 'HTTP/1.1 100 Continue\r\n\r\n',
    detail: 'The connection ended without an answer.',
  },
  {
    what: '101',
    answer: 'HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    detail: 'The answer switches protocols, unasked (101).',
  },
  {
    what: 'too many of 1xx',
    answer: `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(INFORMATIONAL_MAX + 1)}${OK}${ALIVE}`,
    detail: `More than ${INFORMATIONAL_MAX} informational answers (1xx) came.`,
  },
  {
    what: 'lengths that differ',
    answer: `${OK}content-length: 4\r\n${ALIVE}`,
    detail: 'Content-Length is there twice, and not alike.',
  },
  {
    what: 'lengths that differ in one line',
    answer: `${OK}content-length: 5, 6\r\n\r\nalive`,
    detail: 'Content-Length is there twice, and not alike.',
  },
  {
    // RFC 9110 §8.6 lets a recipient refuse even what is the same; fetch and Go compare the text, too.
    what: 'lengths that are equal only as numbers',
    answer: `${OK}content-length: 05\r\n${ALIVE}`,
    detail: 'Content-Length is there twice, and not alike.',
  },
  {
    what: 'a negative length',
    answer: `${OK}content-length: -5\r\n\r\n`,
    detail: 'Content-Length is not a number of octets.',
  },
  { what: 'NUL', answer: `${OK}x: a\0b\r\n${ALIVE}`, detail: 'The answer has a NUL in a line.' },
  {
    what: 'a line without a colon',
    answer: `${OK}nonsense\r\n${ALIVE}`,
    detail: 'A header line has no field name and colon.',
  },
  {
    what: 'a body that is cut',
    answer: `${OK}content-length: 10\r\n\r\nalive`,
    detail: 'The connection ended after 5 of 10 octets of the body.',
  },
  {
    what: 'chunks that are cut',
    answer: `${OK}transfer-encoding: chunked\r\n\r\n5\r\nalive\r\n`,
    detail: 'The connection ended before the last chunk of the body.',
  },
  {
    what: 'an invalid chunk size',
    answer: `${OK}transfer-encoding: chunked\r\n\r\nx\r\nalive\r\n`,
    detail: 'A chunk has no size in hexadecimal digits.',
  },
  {
    what: 'a size of 13 digits that are not zeros',
    answer: `${OK}transfer-encoding: chunked\r\n\r\n1000000000000\r\nalive\r\n`,
    detail: 'A chunk has no size in hexadecimal digits.',
  },
  {
    what: 'a chunk that is longer',
    answer: `${OK}transfer-encoding: chunked\r\n\r\n2\r\nalive\r\n`,
    detail: 'A chunk is longer than its size says.',
  },
  {
    what: 'an endless extension',
    answer: `${OK}transfer-encoding: chunked\r\n\r\n1;${'x'.repeat(CHUNK_LINES_OCTETS_MAX)}\r\na\r\n`,
    detail: `The lines between chunks have more than ${CHUNK_LINES_OCTETS_MAX} octets.`,
  },
])('$what is refused with its reason: $detail', async ({ answer, detail }) => {
  const outcome = await outcomeOf(answer, { expectedBody: 'found by nobody', expectedCodes: '2xx' });
  expect(outcome).toMatchObject({ ok: false, reason: 'HTTP Invalid Response', detail });
});

test('a response in pieces is read like the whole', () => {
  const answer = Buffer.from(
    `HTTP/1.1 100 Continue\r\n\r\n${OK}x: a\r\n b\r\ntransfer-encoding: chunked\r\n\r\n2;x\r\nal\r\n3\r\nive\r\n0\r\ny: z\r\n\r\n`,
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (cuts) => {
      const told: unknown[] = [];
      let body = '';
      const reader = createResponseReader(
        { method: 'GET', headerOctetsMax: 1_000 },
        {
          head: ({ status, values }) => told.push(status, values('x')),
          body: (piece) => (body += piece.toString()),
          end: () => told.push('end'),
        },
      );
      let at = 0;
      for (const cut of [...cuts, answer.length]) reader.take(answer.subarray(at, (at += cut)));
      reader.close();
      expect([...told, body]).toEqual([200, ['a b'], 'end', 'alive']);
    }),
    { numRuns: draws(100) },
  );
});

test('any response is read or refused', () => {
  const letters = fc.string({
    unit: fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'content-length: 3',
      'transfer-encoding: chunked',
      '\r',
      '\n',
      '\r\n\r\n',
      '0',
      '3',
      'x',
      ':',
      ' ',
      '\0',
      ';',
    ),
    maxLength: 30,
  });
  fc.assert(
    fc.property(letters, (text) => {
      let ends = 0;
      const listener = { head() {}, body() {}, end: () => void (ends += 1) };
      const reader = createResponseReader({ method: 'GET', headerOctetsMax: 100 }, listener);
      try {
        reader.take(Buffer.from(text));
        reader.close();
        expect(ends).toBe(1);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidResponse);
        expect(ends).toBe(0);
      }
    }),
    { numRuns: draws(500) },
  );
});
