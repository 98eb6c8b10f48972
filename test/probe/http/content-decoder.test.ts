import { setTimeout as sleep } from 'node:timers/promises';
import {
  brotliCompressSync,
  crc32,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  CODINGS_MAX,
  createContentDecoder,
  GZIP_KEPT_OCTETS_MAX,
} from '../../../src/probe/http/content-decoder.ts';
import { outcomeOf } from './raw-answers.ts';

const TEXT = Buffer.from(`${'x'.repeat(5_000)} all is alive ${'y'.repeat(4_000)}`);

/** An answer with these codings of a body that is encoded so. */
function encoded(codings: string, body: Buffer, field = 'content-encoding'): Buffer {
  const head = `HTTP/1.1 200 OK\r\n${field}: ${codings}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

test.each([
  { codings: 'gzip', body: gzipSync(TEXT), rule: 'RFC 9110 §8.4.1.3' },
  { codings: 'x-gzip', body: gzipSync(TEXT), rule: 'RFC 9110 §8.4.1.3' },
  { codings: 'GZip', body: gzipSync(TEXT), rule: 'RFC 9110 §8.4.1: case does not matter' },
  {
    codings: 'gzip',
    body: Buffer.concat([gzipSync(TEXT.subarray(0, 5_010)), gzipSync(TEXT.subarray(5_010))]),
    rule: 'RFC 1952 §2.2: members',
  },
  { codings: 'deflate', body: deflateSync(TEXT), rule: 'RFC 9110 §8.4.1.2' },
  { codings: 'deflate', body: deflateRawSync(TEXT), rule: 'RFC 9110 §8.4.1.2, note: without the frame' },
  { codings: 'br', body: brotliCompressSync(TEXT), rule: 'RFC 7932' },
  { codings: 'zstd', body: zstdCompressSync(TEXT), rule: 'RFC 8878' },
  { codings: 'identity', body: TEXT, rule: 'RFC 9110 §12.5.3' },
  { codings: '', body: TEXT, rule: 'an empty list' },
  {
    codings: 'gzip, br',
    body: brotliCompressSync(gzipSync(TEXT)),
    rule: 'RFC 9110 §8.4: in the order applied',
  },
  {
    codings: 'deflate, identity, gzip, zstd',
    body: zstdCompressSync(gzipSync(deflateSync(TEXT))),
    rule: 'as above',
  },
])('the text in a body of "$codings" is found ($rule)', async ({ codings, body }) => {
  expect(await outcomeOf(encoded(codings, body), { expectedBody: 'ALL IS ALIVE' })).toMatchObject({
    ok: true,
  });
  expect(await outcomeOf(encoded(codings, body), { expectedBody: 'dead' })).toMatchObject({
    reason: 'Response body mismatch error',
  });
});

/** The parts that a gzip header may have (RFC 1952 §2.3): flags, extra field, name, comment, CRC. */
const HEADER = Buffer.concat([
  Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 2, 0, 0, 7]),
  Buffer.from('name\0comment\0'),
]);
const HEADED = Buffer.concat([HEADER, Buffer.from(Uint16Array.of(crc32(HEADER) & 0xffff).buffer)]);

/** What comes out of a body in these pieces, each decoded before the next one comes. */
async function decoded(codings: string, pieces: readonly Buffer[]): Promise<string> {
  const out: Uint8Array[] = [];
  const over = Promise.withResolvers<void>();
  const decoder = createContentDecoder(codings.split(', '), {
    decoded: (piece) => out.push(piece),
    ended: () => over.resolve(),
    failed: () => over.resolve(),
  });
  for (const piece of pieces) {
    decoder.take(piece);
    await sleep(20);
  }
  decoder.end();
  await over.promise;
  return Buffer.concat(out).toString();
}

describe('garbage after an encoded body hides nothing of it (before: all that came with it, of gzip)', () => {
  test.each([
    { what: 'gzip', codings: 'gzip', body: gzipSync(TEXT) },
    { what: 'a whole header', codings: 'gzip', body: Buffer.concat([HEADED, gzipSync(TEXT).subarray(10)]) },
    { what: 'twice', codings: 'gzip, gzip', body: gzipSync(gzipSync(TEXT)) },
    { what: 'deflate', codings: 'deflate', body: deflateSync(TEXT) },
    { what: 'br', codings: 'br', body: brotliCompressSync(TEXT) },
    { what: 'zstd', codings: 'zstd', body: zstdCompressSync(TEXT) },
  ])('$codings ($what)', async ({ codings, body }) => {
    const all = Buffer.concat([body, Buffer.from('garbage')]);
    const cuts = [0, body.length - 12, body.length, body.length + 3];
    for (const at of cuts)
      expect(await decoded(codings, [all.subarray(0, at), all.subarray(at)])).toHaveLength(TEXT.length);
  });
});

test.each([
  { encodedOctets: GZIP_KEPT_OCTETS_MAX, found: true },
  { encodedOctets: GZIP_KEPT_OCTETS_MAX + 1, found: false },
])('up to GZIP_KEPT_OCTETS_MAX: $encodedOctets octets, $found', async ({ encodedOctets, found }) => {
  const text = Buffer.alloc(60_000, 'x');
  const body = gzipSync(text, { level: 0 });
  const garbage = Buffer.alloc(encodedOctets - body.length, '!');
  const out = await decoded('gzip', [Buffer.concat([body, garbage])]);
  expect(out.length === text.length).toBe(found);
});

test.each([
  { what: 'an extra field of too many octets', octets: [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, 255, 255] },
  { what: 'a name without an end', octets: [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 65, 65, 65] },
  { what: 'three octets', octets: [0x1f, 0x8b, 8] },
])('nothing comes out of a gzip header with $what', async ({ octets }) => {
  expect(await decoded('gzip', [Buffer.from(octets)])).toBe('');
});

test('content codings in two fields, and transfer codings, are decoded', async () => {
  const body = brotliCompressSync(gzipSync(TEXT));
  const chunk = Buffer.concat([
    Buffer.from(`${body.length.toString(16)}\r\n`),
    body,
    Buffer.from('\r\n0\r\n\r\n'),
  ]);
  for (const fields of [
    'content-encoding: gzip\r\ncontent-encoding: br\r\ntransfer-encoding: chunked',
    'content-encoding: gzip\r\ntransfer-encoding: br, chunked',
  ]) {
    const answer = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`), chunk]);
    expect(await outcomeOf(answer, { expectedBody: 'alive' })).toMatchObject({ ok: true });
  }
});

test.each([
  { what: 'is unknown', codings: 'compress', body: TEXT, detail: 'is none of gzip' },
  { what: 'is used too often', codings: 'gzip,'.repeat(CODINGS_MAX + 1), body: TEXT, detail: 'more than 4' },
  {
    what: 'is not valid',
    codings: 'gzip',
    body: TEXT,
    detail: 'The gzip coding of the body is broken.',
  },
  { what: 'is not valid', codings: 'br', body: TEXT, detail: 'The br coding of the body is broken.' },
  {
    what: 'is not valid',
    codings: 'zstd',
    body: TEXT,
    detail: 'The zstd coding of the body is broken.',
  },
  {
    what: 'is not valid',
    codings: 'deflate',
    body: Buffer.alloc(50, 0xff),
    detail: 'The deflate coding of the body is broken.',
  },
  {
    what: 'is cut',
    codings: 'gzip',
    body: gzipSync(TEXT).subarray(0, -10),
    detail: 'The gzip coding of the body is broken.',
  },
  {
    what: 'is damaged',
    codings: 'zstd',
    body: zstdCompressSync(TEXT).fill(0, 8, 12),
    detail: 'The zstd coding of the body is broken.',
  },
])('a coding that $what has its own reason: $detail', async ({ codings, body, detail }) => {
  expect(await outcomeOf(encoded(codings, body), { expectedBody: 'dead' })).toMatchObject({
    ok: false,
    reason: 'Response encoding error',
    detail: expect.stringContaining(detail),
  });
});

test.each(['utf-8', 'none', 'aws-chunked', 'gzip, utf-8'])(
  'the unknown coding "%s" is ignored, as in browsers, and the text is found',
  async (codings) => {
    expect(await outcomeOf(encoded(codings, TEXT), { expectedBody: 'alive' })).toMatchObject({ ok: true });
  },
);

test('a coding does not matter if no text is expected', async () => {
  expect(await outcomeOf(encoded('compress', TEXT))).toMatchObject({ ok: true });
});

test('a body of length 0 is empty in any coding', async () => {
  const outcome = await outcomeOf(encoded('gzip', Buffer.alloc(0)), { expectedBody: 'alive' });
  expect(outcome.reason).toBe('Response body mismatch error');
});

const MIB = 1024 * 1024;
const emptyBlocks = deflateRawSync(Buffer.alloc(0), { finishFlush: 2 });

test.each([
  {
    what: 'gzip',
    codings: 'gzip',
    body: gzipSync(Buffer.alloc(100 * MIB)),
    reason: 'Response body mismatch error',
  },
  {
    what: 'br',
    codings: 'br',
    body: brotliCompressSync(Buffer.alloc(100 * MIB), { params: { 1: 1 } }),
    reason: 'Response body mismatch error',
  },
  {
    what: 'zstd',
    codings: 'zstd',
    body: zstdCompressSync(Buffer.alloc(100 * MIB)),
    reason: 'Response body mismatch error',
  },
  {
    what: 'two stages, of which only the first expands',
    codings: 'deflate, gzip',
    body: gzipSync(Buffer.alloc(64 * MIB, emptyBlocks)),
    reason: 'Response encoding error',
  },
])('a compression bomb of $what is decoded only as far as needed', async ({ codings, body, reason }) => {
  const outcome = await outcomeOf(encoded(codings, body), { expectedBody: 'alive' });
  expect(outcome.reason).toBe(reason);
});

test('a stopped decoder gives no more data', async () => {
  const pieces: number[] = [];
  const came = Promise.withResolvers<void>();
  const decoder = createContentDecoder(['gzip'], {
    decoded(piece) {
      pieces.push(piece.length);
      decoder.stop();
      came.resolve();
    },
    ended: () => pieces.push(-1),
    failed: () => pieces.push(-2),
  });
  decoder.take(gzipSync(Buffer.alloc(8 * MIB)));
  decoder.end();
  await came.promise;
  await sleep(20);
  expect(pieces).toEqual([expect.any(Number)]);
  expect(pieces[0]).toBeLessThan(MIB);
});
