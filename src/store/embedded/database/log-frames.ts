import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';

/** The first four octets of a log of SQLite's (https://sqlite.org/fileformat2.html#walformat), of either byte order. */
export const WAL_MAGIC = [0x377f0682, 0x377f0683];
/** Octets of the header of a log. */
export const LOG_HEADER_OCTETS = 32;
/** Octets before the page of each frame. */
const FRAME_HEADER_OCTETS = 24;
/** Where the size of pages and the salts are in the header, and the salts in the header of a frame. */
const PAGE_SIZE_AT = 8;
const SALTS_AT = 16;
const FRAME_SALTS_AT = 8;
const SALTS_OCTETS = 8;
/** Where the sums are, in the header and in the header of a frame; each is of two words. */
const HEADER_SUM_AT = 24;
const FRAME_SUM_AT = 16;

/** A FIFO that somebody put there must not hold up the thread. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** How far a log goes. */
export interface LogEnd {
  /** Two random numbers that each beginning of the log has anew, 16 hex digits. */
  readonly salts: string;
  /** Where its last committed frame ends. */
  readonly octets: number;
}

/** What SQLite would read of a log. */
export interface LogFrames {
  readonly end: LogEnd;
  /** Octets of a page. */
  readonly pageOctets: number;
  /** Where the newest committed content of each page begins in the log, by the number of the page. */
  readonly pages: ReadonlyMap<number, number>;
  /** Pages that the database has by the last commit in the log; undefined: no commit is in it. */
  readonly databasePages: number | undefined;
}

/** The two sums of what was read so far, each as a word with a sign. */
type Sums = readonly [number, number];

/**
 * Reads the frames of a log and verifies their sums one after the other, as SQLite does when it opens a file: the first one that
 * is wrong ends the log. Takes about 2 ms for each 1,000 pages. undefined: there is no log, or it holds nothing. Throws what the system says.
 */
export function readLogFrames(log: string): LogFrames | undefined {
  let file: number;
  try {
    file = openSync(log, FLAGS);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    // Words are read where they are, which a part of a larger buffer may not allow.
    const header = Buffer.allocUnsafeSlow(LOG_HEADER_OCTETS);
    if (readSync(file, header, 0, LOG_HEADER_OCTETS, 0) < LOG_HEADER_OCTETS) return undefined;
    const magic = header.readUInt32BE();
    if (!WAL_MAGIC.includes(magic)) return undefined;
    const isForeign = (magic === WAL_MAGIC[1]) !== (endianness() === 'BE');
    const sums = summed(header, 0, HEADER_SUM_AT, [0, 0], isForeign);
    if (!areAt(header, HEADER_SUM_AT, sums)) return undefined;
    return framesOf(file, header, sums, isForeign);
  } finally {
    closeSync(file);
  }
}

function framesOf(file: number, header: Buffer, first: Sums, isForeign: boolean): LogFrames {
  const pageOctets = header.readUInt32BE(PAGE_SIZE_AT);
  const salts = header.subarray(SALTS_AT, SALTS_AT + SALTS_OCTETS);
  const pages = new Map<number, number>();
  const pending: [page: number, at: number][] = [];
  let databasePages: number | undefined;
  let committedOctets = LOG_HEADER_OCTETS;
  let sums = first;
  const frame = Buffer.allocUnsafeSlow(FRAME_HEADER_OCTETS + pageOctets);
  const size = fstatSync(file).size;
  for (let at = LOG_HEADER_OCTETS; at + frame.length <= size; at += frame.length) {
    if (readSync(file, frame, 0, frame.length, at) < frame.length) break;
    if (!frame.subarray(FRAME_SALTS_AT, FRAME_SALTS_AT + SALTS_OCTETS).equals(salts)) break;
    sums = summed(frame, 0, FRAME_SALTS_AT, sums, isForeign);
    sums = summed(frame, FRAME_HEADER_OCTETS, pageOctets, sums, isForeign);
    if (!areAt(frame, FRAME_SUM_AT, sums)) break;
    pending.push([frame.readUInt32BE(), at + FRAME_HEADER_OCTETS]);
    const committed = frame.readUInt32BE(4);
    if (committed === 0) continue;
    for (const [page, where] of pending.splice(0)) pages.set(page, where);
    databasePages = committed;
    committedOctets = at + frame.length;
  }
  return { end: { salts: salts.toString('hex'), octets: committedOctets }, pageOctets, pages, databasePages };
}

/**
 * Where the first commit ends in an open log that begins at `from` or after it; undefined: none does. What was written with
 * the header is passed over by its headers alone, which takes some microseconds. Throws what the system says.
 */
export function commitEnd(file: number, header: Buffer, from: number): number | undefined {
  const frame = Buffer.alloc(FRAME_HEADER_OCTETS);
  const octets = FRAME_HEADER_OCTETS + header.readUInt32BE(PAGE_SIZE_AT);
  const salts = header.subarray(SALTS_AT, SALTS_AT + SALTS_OCTETS);
  for (let at = from; readSync(file, frame, 0, frame.length, at) === frame.length; at += octets) {
    if (!frame.subarray(FRAME_SALTS_AT, FRAME_SALTS_AT + SALTS_OCTETS).equals(salts)) return undefined;
    if (frame.readUInt32BE(4) !== 0) return at + octets;
  }
  return undefined;
}

/** The salts in the header of a log, 16 hex digits. */
export function saltsOf(header: Buffer): string {
  return header.toString('hex', SALTS_AT, SALTS_AT + SALTS_OCTETS);
}

function areAt(octets: Buffer, at: number, [first, second]: Sums): boolean {
  return octets.readInt32BE(at) === first && octets.readInt32BE(at + 4) === second;
}

/** The sums of `length` octets from `from` on, both multiples of eight, after those of what is before them. */
function summed(octets: Buffer, from: number, length: number, before: Sums, isForeign: boolean): Sums {
  const part = isForeign ? Buffer.from(octets.subarray(from, from + length)).swap32() : octets;
  const words = new Int32Array(part.buffer, part.byteOffset + (isForeign ? 0 : from), length / 4);
  let [first, second] = before;
  for (let at = 0; at < words.length; at += 2) {
    first = (first + words[at]! + second) | 0;
    second = (second + words[at + 1]! + first) | 0;
  }
  return [first, second];
}
