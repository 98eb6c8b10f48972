import { InvalidResponse } from '../failure.ts';

/** Informational responses before the answer (RFC 9110 §15.2). */
export const INFORMATIONAL_MAX = 32;
/** Octets of all lines that frame chunks (RFC 9112 §7.1), their extensions included. */
export const CHUNK_LINES_OCTETS_MAX = 256 * 1024;

/** The head of an answer that is no informational one. */
export interface ResponseHead {
  /** 100 to 999; never an informational one. */
  readonly status: number;
  /** The values of a field, by its name in lower case; one character for each octet. */
  values(name: string): readonly string[];
}

/** Takes an answer as it is read. */
export interface ResponseListener {
  head(head: ResponseHead): void;
  /** Octets of the body without its framing; its content codings are still there. */
  body(piece: Buffer): void;
  /** The answer is complete. Called once, and nothing after it. */
  end(): void;
}

/** What is asked, and what an answer may take. */
export interface ResponseTerms {
  /** Of the request: an answer to HEAD has no body. */
  readonly method: string;
  /** Octets of a head, and of the trailers: status line, fields and line ends. */
  readonly headerOctetsMax: number;
}

/** Reads one answer. Both throw InvalidResponse, after which nothing more may be fed. */
export interface ResponseReader {
  take(piece: Buffer): void;
  /** The connection ended. */
  close(): void;
}

/** What comes next on the connection. */
type Part = 'status' | 'fields' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'over';

/**
 * A reader of one answer of HTTP/1.0 or 1.1 (RFC 9112), as lenient as the clients that an endpoint is made for: lines may end
 * in LF alone (§2.2) and be folded (§5.2), a reason phrase may be missing, blanks may be before a colon, equal
 * lengths may be there twice (§6.3), and informational answers are passed over (RFC 9110 §15.2). What could mean two
 * things is refused: lengths that differ, NUL, what is no status line.
 */
export function createResponseReader(
  { method, headerOctetsMax }: ResponseTerms,
  listener: ResponseListener,
): ResponseReader {
  let part: Part = 'status';
  /** The line so far, of which the end has not come. */
  let line: string[] = [];
  /** Octets of the lines of this head, of these trailers, or of all chunks. */
  let lineOctets = 0;
  let informational = 0;
  let status = 0;
  let fields = createFields();
  /** Octets yet to come of the body or of the chunk; undefined: until the connection ends. */
  let left: number | undefined;
  let bodyOctets = 0;

  function take(piece: Buffer): void {
    let at = 0;
    while (at < piece.length && part !== 'over')
      at = part === 'body' || part === 'chunk' ? takeBody(piece, at) : takeLine(piece, at);
  }

  function takeBody(piece: Buffer, from: number): number {
    const to = left === undefined ? piece.length : Math.min(piece.length, from + left);
    bodyOctets += to - from;
    if (left !== undefined) left -= to - from;
    const isWhole = left === 0;
    const wasBody = part === 'body';
    if (isWhole) part = wasBody ? 'over' : 'chunk-end';
    listener.body(from === 0 && to === piece.length ? piece : piece.subarray(from, to));
    if (isWhole && wasBody) listener.end();
    return to;
  }

  function takeLine(piece: Buffer, from: number): number {
    const end = piece.indexOf(0x0a, from);
    const to = end === -1 ? piece.length : end + 1;
    lineOctets += to - from;
    checkBound();
    line.push(piece.toString('latin1', from, end === -1 ? to : end));
    if (end === -1) return to;
    const text = (line.length === 1 ? line[0]! : line.join('')).replace(/\r+$/, '');
    line = [];
    if (text.includes('\0')) throw new InvalidResponse('The answer has a NUL in a line.');
    endLine(text);
    return to;
  }

  function checkBound(): void {
    const isChunked = part === 'chunk-size' || part === 'chunk-end';
    const max = isChunked ? CHUNK_LINES_OCTETS_MAX : headerOctetsMax;
    if (lineOctets <= max) return;
    if (isChunked) throw new InvalidResponse(`The lines between chunks have more than ${max} octets.`);
    const what = part === 'trailers' ? 'trailers' : 'status line and header fields';
    throw new InvalidResponse(`The ${what} have more than ${max} octets (monitor.header_octets_max).`);
  }

  function endLine(text: string): void {
    switch (part) {
      case 'status':
        // An empty line before it is passed over, as RFC 9112 §2.2 has it for requests.
        if (text !== '') beginHead(text);
        return;
      case 'fields':
        if (text === '') endHead();
        else fields.add(text);
        return;
      case 'chunk-size':
        beginChunk(text);
        return;
      case 'chunk-end':
        if (text !== '') throw new InvalidResponse('A chunk is longer than its size says.');
        part = 'chunk-size';
        return;
      case 'trailers':
        if (text === '') finish();
        return;
      case 'body':
      case 'chunk':
      case 'over':
    }
  }

  function beginHead(text: string): void {
    status = statusIn(text);
    fields = createFields();
    part = 'fields';
  }

  function endHead(): void {
    lineOctets = 0;
    if (status === 101) throw new InvalidResponse('The answer switches protocols, unasked (101).');
    if (status < 200) {
      informational += 1;
      if (informational > INFORMATIONAL_MAX)
        throw new InvalidResponse(`More than ${INFORMATIONAL_MAX} informational answers (1xx) came.`);
      part = 'status';
      return;
    }
    const { values } = fields;
    const isChunked = isChunkedLast(values('transfer-encoding'));
    left = values('transfer-encoding').length > 0 ? undefined : lengthOf(values('content-length'));
    // RFC 9112 §6.3, 1: none of these has a body, whatever its fields say.
    if (method === 'HEAD' || status === 204 || status === 304) left = 0;
    else if (isChunked) left = 0;
    listener.head({ status, values });
    if (isChunked && method !== 'HEAD' && status !== 204 && status !== 304) part = 'chunk-size';
    else if (left === 0) finish();
    else part = 'body';
  }

  function beginChunk(text: string): void {
    left = chunkOctetsIn(text);
    part = left === 0 ? 'trailers' : 'chunk';
    if (left === 0) lineOctets = 0;
  }

  function finish(): void {
    part = 'over';
    listener.end();
  }

  function close(): void {
    if (part === 'over') return;
    if (part === 'body') {
      if (left !== undefined)
        throw new InvalidResponse(
          `The connection ended after ${bodyOctets} of ${bodyOctets + left} octets of the body.`,
        );
      finish();
      return;
    }
    if (part === 'status' && lineOctets === 0)
      throw new InvalidResponse('The connection ended without an answer.');
    throw new InvalidResponse(`The connection ended ${ENDED_PLACES[part]}.`);
  }

  return { take, close };
}

/** Where a connection ended, by the part that it was in. */
const ENDED_PLACES = {
  status: 'within the status line',
  fields: 'within the header fields',
  'chunk-size': 'before the last chunk of the body',
  chunk: 'before the last chunk of the body',
  'chunk-end': 'before the last chunk of the body',
  trailers: 'before the last chunk of the body',
} as const satisfies Record<Exclude<Part, 'body' | 'over'>, string>;

/** Reads the status of a status line, 100 to 999. Throws InvalidResponse. */
function statusIn(text: string): number {
  const [, version, code] = /^HTTP\/([0-9](?:\.[0-9])?)[ \t]+([0-9]{3})(?:[ \t].*)?$/.exec(text) ?? [];
  if (version === undefined || code === undefined)
    throw new InvalidResponse('The answer does not begin with a status line of HTTP/1.');
  if (!version.startsWith('1.'))
    throw new InvalidResponse(`The answer is of HTTP/${version}; 1.0 and 1.1 are read.`);
  if (Number(code) < 100) throw new InvalidResponse(`The answer has the status ${code}.`);
  return Number(code);
}

/** The header fields of one head. */
interface Fields extends Pick<ResponseHead, 'values'> {
  /** Adds a line. Throws InvalidResponse where it is no field. */
  add(text: string): void;
}

function createFields(): Fields {
  const fields = new Map<string, string[]>();
  let last: string[] | undefined;
  return {
    add(text) {
      if (text.startsWith(' ') || text.startsWith('\t')) {
        // Folded (RFC 9112 §5.2); right after the status line it is passed over (§2.2).
        if (last) last.push(`${last.pop()} ${text.trim()}`.trim());
        return;
      }
      const colon = text.indexOf(':');
      const name = text.slice(0, Math.max(colon, 0)).trimEnd().toLowerCase();
      if (name === '') throw new InvalidResponse('A header line has no field name and colon.');
      last = fields.get(name) ?? [];
      last.push(text.slice(colon + 1).trim());
      fields.set(name, last);
    },
    values: (name) => fields.get(name) ?? [],
  };
}

/** Reads the size of a chunk. Throws InvalidResponse. */
function chunkOctetsIn(text: string): number {
  // Zeros before it are part of a size (RFC 9112 §7.1: 1*HEXDIG).
  const [, size] = /^[ \t]*0*([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(text) ?? [];
  if (size === undefined) throw new InvalidResponse('A chunk has no size in hexadecimal digits.');
  return Number.parseInt(size, 16);
}

/** The members of a field that is a list of tokens, over all of its lines, in lower case (RFC 9110 §5.6.1). */
export function listOf(values: readonly string[]): string[] {
  return values
    .join(',')
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter((each) => each !== '');
}

function isChunkedLast(values: readonly string[]): boolean {
  return listOf(values).at(-1) === 'chunked';
}

/** Returns the length in Content-Length, which may repeat it (RFC 9112 §6.3, 5); undefined: there is none. */
function lengthOf(values: readonly string[]): number | undefined {
  if (values.length === 0) return undefined;
  const lengths = new Set(
    values
      .join(',')
      .split(',')
      .map((each) => each.trim()),
  );
  const [length = ''] = lengths;
  if (lengths.size > 1) throw new InvalidResponse('Content-Length is there twice, and not alike.');
  // Zeros before it are part of a length (RFC 9110 §8.6: 1*DIGIT).
  if (!/^0*[0-9]{1,19}$/.test(length)) throw new InvalidResponse('Content-Length is not a number of octets.');
  return Number(length);
}
