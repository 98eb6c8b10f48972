import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import { createPieces } from '../../../pace/next-turn.ts';
import { isPlainName } from '../../../pool/plain-text.ts';
import type { AdminApp } from '../../app.ts';
import { apiError } from '../../http/errors.ts';

/** Maximum octets of a request that imports a zone file. One with 100,000 records has about six million. */
export const IMPORT_OCTETS_MAX = 16 * 1_024 * 1_024;
/** Maximum number of parts of a form. */
export const PARTS_MAX = 8;
/** Octets that are looked at before others may work: of nothing but boundaries they take some milliseconds. */
const PIECE_OCTETS = 4 * 1_024;
/** Characters of a file name that problems show. */
const FILE_NAME_MAX = 100;

/** A zone file as a client sends it. */
export interface Upload {
  readonly octets: Uint8Array;
  /** How problems name the file. */
  readonly name: string;
  /** Value of the field `proxied`; absent: the form has none. */
  readonly proxied?: string;
}

/** Makes the routes of `app` accept a zone file: as the part `file` of a form (RFC 7578), or else as the whole body. */
export function takeZoneFiles(app: AdminApp): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    (request: FastifyRequest, body: Buffer) => readForm(String(request.headers['content-type']), body),
  );
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_: unknown, octets: Buffer): Promise<Upload> => ({ octets, name: 'file' }),
  );
}

/** A part of a form. */
interface Part {
  readonly chunks: Buffer[];
  readonly fileName: string | undefined;
}

/** Reads a form, a piece at a time. Throws ApiError. */
async function readForm(contentType: string, body: Buffer): Promise<Upload> {
  const parts = await partsOf(contentType, body);
  const file = parts.get('file');
  if (file === undefined) throw bad('it has no part `file`');
  const { fileName } = file;
  const isShown = fileName !== undefined && fileName.length <= FILE_NAME_MAX && isPlainName(fileName);
  const proxied = parts.get('proxied');
  return {
    octets: Buffer.concat(file.chunks),
    name: isShown ? fileName : 'file',
    ...(proxied && { proxied: Buffer.concat(proxied.chunks).toString() }),
  };
}

async function partsOf(contentType: string, body: Buffer): Promise<ReadonlyMap<string, Part>> {
  const parts = new Map<string, Part>();
  const { promise: whole, resolve, reject } = Promise.withResolvers<void>();
  let isBad = false;
  const fail = (why: string) => {
    isBad = true;
    reject(bad(why));
  };
  // It is awaited after the octets are written.
  whole.catch(() => undefined);
  let form: BusboyInstance;
  try {
    const limits = { fileSize: IMPORT_OCTETS_MAX, parts: PARTS_MAX, files: PARTS_MAX };
    // All parts come as octets, which a field would not.
    form = new Busboy({ headers: { 'content-type': contentType }, limits, isPartAFile: () => true });
  } catch (error) {
    throw bad((error as Error).message);
  }
  form.on('file', (name, stream, fileName) => {
    const part: Part = { chunks: [], fileName: fileName || undefined };
    stream.on('data', (chunk: Buffer) => part.chunks.push(chunk));
    stream.on('error', (error: Error) => fail(error.message));
    if (parts.has(name)) fail(`it has several parts \`${name}\``);
    parts.set(name, part);
  });
  form.on('partsLimit', () => fail(`it has more than ${PARTS_MAX} parts`));
  form.on('filesLimit', () => fail(`it has more than ${PARTS_MAX} parts`));
  form.on('error', (error) => fail((error as Error).message));
  form.on('finish', resolve);
  const isLong = createPieces();
  for (let at = 0; at < body.length && !isBad; at += PIECE_OCTETS) {
    form.write(body.subarray(at, at + PIECE_OCTETS));
    const rest = isLong();
    if (rest) await rest;
  }
  if (!isBad) form.end();
  await whole;
  return parts;
}

function bad(why: string) {
  return apiError('badForm', { why });
}
