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

/** Content codings of one body, one over the other. */
export const CODINGS_MAX = 4;
/** Octets that come out of one coding, of those that the next one decodes, so that no stack of them takes long. */
export const STAGE_OCTETS_MAX = 2 * 1024 * 1024;
/** Octets of an encoded body that are read. */
export const ENCODED_OCTETS_MAX = 2 * 1024 * 1024;
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

/** Takes what comes out. */
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

  function open(first: Buffer): Transform {
    const opened = streamOf(coding, first);
    opened.on('data', (piece: Buffer) => {
      octets += piece.length;
      if (octets > octetsMax)
        fail(new BrokenEncoding(`The body expands to more than ${octetsMax} octets that are encoded again.`));
      else to.take(piece);
    });
    opened.on('end', () => to.end());
    opened.on('error', (cause) =>
      fail(new BrokenEncoding(`The ${coding} coding of the body is broken.`, { cause })),
    );
    opened.write(first);
    return opened;
  }

  return {
    take(piece) {
      if (stream) return void stream.write(piece);
      begun = Buffer.concat([begun, piece]);
      // Two octets tell a zlib frame from bare deflate.
      if (begun.length >= 2) stream = open(begun);
    },
    end() {
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

/** Whether octets begin as RFC 1950 §2.2 says: method 8, and a check that is a multiple of 31. */
function isZlib(octets: Buffer): boolean {
  return octets.length >= 2 && (octets[0]! & 0x0f) === 8 && octets.readUInt16BE() % 31 === 0;
}
