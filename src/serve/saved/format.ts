import { crc32 } from 'node:zlib';
import { LAYOUT } from '../../answer/layout.ts';
import type { TableBuffers } from '../../answer/table.ts';

/**
 * How a table is kept in a file: a line of JSON that says what it is, filled up with spaces and ended by the sum
 * (CRC-32) of the line before it and of all that follows; then index, zones and arena as they are in memory.
 */
export interface SavedHead {
  /** What the answers were made from besides the store: who is told otherwise must not use them. */
  readonly fingerprint: string;
  /** The store, and its revision, that they show. */
  readonly epoch: string;
  readonly revision: number;
  /** See Configuration.link; absent: nobody knows it. */
  readonly link?: string;
  readonly generation: number;
  /** When it was kept, and until when the answers hold, since something turns by the clock then (null: for ever); milliseconds since the epoch. */
  readonly keptMs: number;
  readonly untilMs: number | null;
  /** Octets of each part. */
  readonly index: number;
  readonly zones: number;
  readonly arena: number;
}

/** Where the answers of a node are kept, and what makes them those of this one. */
export interface SavedAnswersFile {
  readonly path: string;
  /** What the answers are made from besides the store. */
  readonly fingerprint: string;
}

/** A kept table. */
export interface SavedTable extends Pick<SavedHead, 'epoch' | 'revision' | 'link'> {
  readonly buffers: TableBuffers;
}

/** Octets of the line. */
export const HEAD_OCTETS = 1024;
/** Octets of a file at the most: several times what 100,000 pools take. */
export const SAVED_OCTETS_MAX = 512 * 1024 * 1024;

/** Older answers are not given: an endpoint may have died meanwhile, which they do not know. */
export const SAVED_AGE_MS_MAX = 5 * 60_000;
/** The store is read within so long, mostly: what turns before then must not be given. */
export const READ_WITHIN_MS = 5_000;

/** Octets at the end of the line: the sum in hex, and the line feed. */
const SUM_OCTETS = 9;
/** The order of octets in this machine's words. */
const ORDER = new Uint8Array(Uint32Array.of(0x01020304).buffer)[0]!;

/** The line without its sum, with which the sum begins. */
export function lineOf(head: SavedHead): Buffer {
  const text = JSON.stringify({ layout: LAYOUT, order: ORDER, ...head });
  if (text.length > HEAD_OCTETS - SUM_OCTETS) throw new RangeError(`a head of ${text.length} octets`);
  return Buffer.from(text.padEnd(HEAD_OCTETS - SUM_OCTETS));
}

/** The end of the line. */
export function sumOf(crc: number): Buffer {
  return Buffer.from(`${crc.toString(16).padStart(SUM_OCTETS - 1, '0')}\n`);
}

/** For whom a table is read, and when: milliseconds since the epoch. */
export interface Wanted extends Pick<SavedAnswersFile, 'fingerprint'> {
  readonly epochMs: number;
}

/**
 * The table in a file of so many octets, `read` filling what it is given from a position; undefined where it is not
 * whole, is damaged, has another fingerprint, holds no longer, or is of another layout or kind of machine.
 */
export function readSaved(
  octets: number,
  { fingerprint, epochMs }: Wanted,
  read: (into: Uint8Array, position: number) => void,
): SavedTable | undefined {
  if (octets < HEAD_OCTETS || octets > SAVED_OCTETS_MAX) return undefined;
  const head = new Uint8Array(HEAD_OCTETS);
  read(head, 0);
  const line = Buffer.from(head.subarray(0, HEAD_OCTETS - SUM_OCTETS));
  const about = parseLine(line.toString());
  if (about === undefined) return undefined;
  const { index, zones, arena, epoch, revision, link } = about;
  if (about.fingerprint !== fingerprint || !holdsAt(about, epochMs)) return undefined;
  if (HEAD_OCTETS + index + zones + arena !== octets) return undefined;
  let position = HEAD_OCTETS;
  let crc = crc32(line);
  const part = (size: number): SharedArrayBuffer => {
    const memory = new SharedArrayBuffer(size);
    const into = new Uint8Array(memory);
    read(into, position);
    crc = crc32(into, crc);
    position += size;
    return memory;
  };
  const buffers: TableBuffers = {
    index: part(index),
    zones: part(zones),
    arena: part(arena),
    generation: new SharedArrayBuffer(4),
  };
  new Int32Array(buffers.generation)[0] = about.generation;
  const isWhole = sumOf(crc).equals(head.subarray(HEAD_OCTETS - SUM_OCTETS));
  return isWhole ? { epoch, revision, ...(link !== undefined && { link }), buffers } : undefined;
}

/** A clock that was set back tells nothing of what turned meanwhile. */
function holdsAt({ keptMs, untilMs }: SavedHead, epochMs: number): boolean {
  const isYoung = keptMs <= epochMs && epochMs - keptMs <= SAVED_AGE_MS_MAX;
  return isYoung && (untilMs === null || epochMs < untilMs - READ_WITHIN_MS);
}

function parseLine(line: string): SavedHead | undefined {
  try {
    const head = JSON.parse(line) as SavedHead & { readonly layout: number; readonly order: number };
    const isOurs = head.layout === LAYOUT && head.order === ORDER;
    // Only that they can be read: the sum says whether they are what was written.
    const sizes = [head.index, head.zones, head.arena];
    return isOurs && sizes.every((size) => size > 0 && Number.isSafeInteger(size)) ? head : undefined;
  } catch {
    return undefined;
  }
}
