import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { BrokenEncoding } from '../failure.ts';

/** Maximum number of content codings of one body. */
export const CODINGS_MAX = 4;
/** Maximum octets that one coding passes on to the next, so that no stack of codings takes long. */
export const STAGE_OCTETS_MAX = 2 * 1024 * 1024;
/** Maximum octets of an encoded body that are read. */
export const ENCODED_OCTETS_MAX = 2 * 1024 * 1024;
/** Maximum octets of a body in gzip that are kept, in case garbage follows it. */
export const GZIP_KEPT_OCTETS_MAX = 64 * 1024;
/** Largest window of zstd, as its content coding has it (RFC 9659). */
const ZSTD_WINDOW_LOG_MAX = 23;

/** Decodes a body as it comes. */
export interface ContentDecoder {
  take(piece: Buffer): void;
  /** The body is complete: `ended` is called when all of it has come out. */
  end(): void;
  /** Stops; nothing is called any more. */
  stop(): void;
}

/** Takes the decoded octets. */
export interface DecoderListener {
  decoded(piece: Uint8Array): void;
  ended(): void;
  /** BrokenEncoding. */
  failed(error: Error): void;
}

/**
 * A decoder for codings in the order in which they were applied (RFC 9110 §8.4): gzip, deflate (with the frame of zlib or,
 * as some servers send it, without), br, zstd. Where one is not known, the body comes as it is, as browsers take it: it may
 * be no coding at all, such as "utf-8", "none" or "aws-chunked". It ends with BrokenEncoding then. Throws
 * BrokenEncoding for more than CODINGS_MAX. Decoding runs on other threads.
 */
export function createContentDecoder(codings: readonly string[], listener: DecoderListener): ContentDecoder {
  const applied = codings.filter((each) => each !== 'identity');
  if (applied.length > CODINGS_MAX)
    throw new BrokenEncoding(`The body has more than ${CODINGS_MAX} content codings.`);
  const isUnknown = applied.some((each) => !KNOWN.includes(each));
  if (applied.length === 0 || isUnknown) {
    const unknown = `The body has a content coding that is none of ${KNOWN.join(', ')}.`;
    return {
      take: (piece) => listener.decoded(piece),
      end: () => (isUnknown ? listener.failed(new BrokenEncoding(unknown)) : listener.ended()),
      stop() {},
    };
  }

  let isStopped = false;
  let encodedOctets = 0;
  const stages: Stage[] = [];
  const fail = (error: Error) => {
    if (isStopped) return;
    stop();
    listener.failed(error);
  };

  function stop(): void {
    isStopped = true;
    for (const stage of stages) stage.destroy();
  }

  // The last one that was applied is decoded first.
  let sink: Sink = {
    take: (piece) => !isStopped && listener.decoded(piece),
    end: () => !isStopped && listener.ended(),
  };
  for (const [at, coding] of applied.entries()) {
    const stage = createStage(coding, at === 0 ? Number.POSITIVE_INFINITY : STAGE_OCTETS_MAX, sink, fail);
    stages.push(stage);
    sink = stage;
  }
  const first = sink;

  return {
    take(piece) {
      if (isStopped) return;
      encodedOctets += piece.length;
      if (encodedOctets > ENCODED_OCTETS_MAX)
        return fail(new BrokenEncoding(`The encoded body has more than ${ENCODED_OCTETS_MAX} octets.`));
      first.take(piece);
    },
    end: () => void first.end(),
    stop,
  };
}

const KNOWN: readonly string[] = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'];

/** Begin a gzip member of method 8, and the flags of what its header has (RFC 1952 §2.3). */
const GZIP_DEFLATE = 0x1f8b08;
const GZIP_HEADER_OCTETS = 10;
const GZIP_HEADER_CRC = 2;
const GZIP_EXTRA = 4;
const GZIP_NAME = 8;
const GZIP_COMMENT = 16;

interface Sink {
  take(piece: Buffer): void;
  end(): void;
}

interface Stage extends Sink {
  destroy(): void;
}

function createStage(coding: string, octetsMax: number, to: Sink, fail: (error: Error) => void): Stage {
  let stream: Transform | undefined;
  let begun: Buffer = Buffer.alloc(0);
  let octets = 0;
  /** Decoded octets of a gzip coding; empty once there are more than GZIP_KEPT_OCTETS_MAX. */
  const gzipped: Buffer[] = [];
  let keptOctets = 0;
  let isEnded = false;
  const broken = (cause: Error) =>
    fail(new BrokenEncoding(`The ${coding} coding of the body is broken.`, { cause }));

  /** Passes on what comes out of a stream, but not the first octets, which were passed on before. */
  function follow(opened: Transform, passed: number, failed: (cause: Error) => void): Transform {
    let out = 0;
    opened.on('data', (piece: Buffer) => {
      const fresh = piece.subarray(Math.min(piece.length, Math.max(0, passed - out)));
      out += piece.length;
      octets += fresh.length;
      if (octets > octetsMax)
        fail(new BrokenEncoding(`The body expands to more than ${octetsMax} octets that are encoded again.`));
      else if (fresh.length > 0) to.take(fresh);
    });
    opened.on('end', () => to.end());
    opened.on('error', failed);
    return opened;
  }

  /**
   * Reads only the data of the first gzip member. Browsers and curl pass over garbage after it. Node fails there, and loses what
   * it read in the same write.
   */
  function readFirstMember(cause: Error): void {
    const data = deflatedIn(Buffer.concat(gzipped));
    if (data === undefined) {
      broken(cause);
      return;
    }
    stream = follow(createInflateRaw(), octets, broken);
    stream.write(data);
    if (isEnded) stream.end();
  }

  function open(first: Buffer): Transform {
    const opened = follow(streamOf(coding, first), 0, isGzip(coding) ? readFirstMember : broken);
    opened.write(first);
    return opened;
  }

  return {
    take(piece) {
      keptOctets += piece.length;
      if (isGzip(coding) && keptOctets <= GZIP_KEPT_OCTETS_MAX) gzipped.push(piece);
      else gzipped.length = 0;
      if (stream) return void stream.write(piece);
      begun = Buffer.concat([begun, piece]);
      // Two octets tell a zlib frame from bare deflate.
      if (begun.length >= 2) stream = open(begun);
    },
    end() {
      isEnded = true;
      // No body at all, as of an answer of length 0, has no coding either.
      if (!stream && begun.length === 0) return to.end();
      stream ??= open(begun);
      stream.end();
    },
    destroy: () => void stream?.destroy(),
  };
}

function streamOf(coding: string, first: Buffer): Transform {
  switch (coding) {
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } });
    case 'deflate':
      return isZlib(first) ? createInflate() : createInflateRaw();
    default:
      return createGunzip();
  }
}

function isGzip(coding: string): boolean {
  return coding === 'gzip' || coding === 'x-gzip';
}

/** What follows the header of a gzip member (RFC 1952 §2.3.1); undefined: there is no whole header. */
function deflatedIn(octets: Buffer): Buffer | undefined {
  const flags = octets[3];
  if (flags === undefined || octets.readUIntBE(0, 3) !== GZIP_DEFLATE) return undefined;
  let at = GZIP_HEADER_OCTETS;
  if (flags & GZIP_EXTRA) at += 2 + (octets[at] ?? 0) + 256 * (octets[at + 1] ?? 0);
  for (const flag of [GZIP_NAME, GZIP_COMMENT])
    if (flags & flag) at = octets.indexOf(0, at) + 1 || octets.length;
  if (flags & GZIP_HEADER_CRC) at += 2;
  return at < octets.length ? octets.subarray(at) : undefined;
}

/** Whether octets begin as RFC 1950 §2.2 says: method 8, and a check that is a multiple of 31. */
function isZlib(octets: Buffer): boolean {
  return octets.length >= 2 && (octets[0]! & 0x0f) === 8 && octets.readUInt16BE() % 31 === 0;
}
