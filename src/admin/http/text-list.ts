import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { createPieces } from '../../pace/next-turn.ts';
import { type Message, success } from './envelope.ts';
import type { PageInfo } from './paging.ts';

/** Characters that are handed on at once: a list of ten thousand in one text takes time to find memory for. */
const PIECE_CHARACTERS = 64 * 1024;
const RESULT = '"result":';

/**
 * Answers with a page of a list whose items are JSON texts already, as `success` would, but piece by piece, as fast as the client
 * reads. Returns what the route has to return.
 */
export function sendTexts(
  reply: FastifyReply,
  items: readonly string[],
  info: PageInfo,
): Promise<FastifyReply> {
  return sendResult(reply, listParts(items), { info });
}

/** A list of JSON as parts of a text. */
export function listParts(items: readonly string[]): string[] {
  return ['[', ...separated(items), ']'];
}

/** Answers with a result that these parts are the JSON of, one after the other; as sendTexts. */
export async function sendResult(
  reply: FastifyReply,
  parts: readonly string[],
  about: { readonly info?: PageInfo; readonly messages?: Message[] } = {},
): Promise<FastifyReply> {
  const empty = JSON.stringify(success(0, about));
  const at = empty.indexOf(RESULT) + RESULT.length;
  const all = [empty.slice(0, at), ...parts, empty.slice(at + 1)];
  const isLong = createPieces();
  let octets = 0;
  for (const part of all) {
    octets += Buffer.byteLength(part);
    const rest = isLong();
    if (rest) await rest;
  }
  return reply
    .type('application/json; charset=utf-8')
    .header('content-length', octets)
    .send(Readable.from(piecesOf(all)));
}

function* separated(items: readonly string[]): Generator<string> {
  for (const [i, item] of items.entries()) yield i === 0 ? item : `,${item}`;
}

async function* piecesOf(parts: readonly string[]): AsyncGenerator<string> {
  const isLong = createPieces();
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
    const rest = isLong();
    if (rest) await rest;
  }
  if (piece !== '') yield piece;
}
