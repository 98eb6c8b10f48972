import { crc32 } from 'node:zlib';
import { LAYOUT } from '../../answer/layout.ts';
import type { TableBuffers } from '../../answer/table.ts';

/**
 * The head of a file of saved answers: a line of JSON, padded with spaces and ended by a CRC-32 of all that follows and then of
 * the line, so that another line can be written before what follows. After it come index, zones, index of pools, choices and arena
 * as they are in memory of a generation that begins at 0.
 */
export interface SavedHead {
  /** Identifies the settings that the answers depend on. A node with others must not use them. */
  readonly fingerprint: string;
  /** The store and the revision of the answers. */
  readonly epoch: string;
  readonly revision: number;
  /** See Configuration.link; absent: unknown. */
  readonly link?: string;
  readonly generation: number;
  /** When they were saved, or last confirmed, and until when the answers are valid, because something changes by the clock then (null: no end); milliseconds since the epoch. */
  readonly keptMs: number;
  readonly untilMs: number | null;
  /** Octets of each part. */
  readonly index: number;
  readonly zones: number;
  readonly poolIndex: number;
  readonly choices: number;
  readonly arena: number;
}

/** Where the answers of a node are saved, and what they depend on. */
export interface SavedAnswersFile {
  readonly path: string;
  /** Identifies the settings that the answers depend on. */
  readonly fingerprint: string;
}

/** A saved table. */
export interface SavedTable extends Pick<SavedHead, 'epoch' | 'revision' | 'link'> {
  readonly buffers: TableBuffers;
}

/** Length of the head, in octets. */
export const HEAD_OCTETS = 1024;
/** Maximum of octets of a file: several times what 100,000 pools take, or 1,000,000 records. */
export const SAVED_OCTETS_MAX = 512 * 1024 * 1024;

/** Maximum age of saved answers, milliseconds: an endpoint may have failed since. */
export const SAVED_AGE_MS_MAX = 5 * 60_000;
/** Time within which the store is usually read, milliseconds. Answers that end before then are not used. */
export const READ_WITHIN_MS = 5_000;

/** Octets at the end of the head: the sum in hex, and the line feed. */
const SUM_OCTETS = 9;
/** The octet order of this machine. */
const ORDER = new Uint8Array(Uint32Array.of(0x01020304).buffer)[0]!;

/** Returns the head without its sum. */
function lineOf(head: SavedHead): Buffer {
  const text = JSON.stringify({ layout: LAYOUT, order: ORDER, ...head });
  if (text.length > HEAD_OCTETS - SUM_OCTETS) throw new RangeError(`a head of ${text.length} octets`);
  return Buffer.from(text.padEnd(HEAD_OCTETS - SUM_OCTETS));
}

/** Returns the head. `crc`: that of all that follows. */
export function headOf(head: SavedHead, crc: number): Buffer {
  const line = lineOf(head);
  return Buffer.concat([line, sumOf(crc32(line, crc))]);
}

/** Returns the end of the head. */
export function sumOf(crc: number): Buffer {
  return Buffer.from(`${crc.toString(16).padStart(SUM_OCTETS - 1, '0')}\n`);
}

/** The settings that a saved table must have, and the time at which it must be valid. */
export interface Wanted extends Pick<SavedAnswersFile, 'fingerprint'> {
  readonly epochMs: number;
}

/**
 * Reads the table of a file of `octets`. `read` fills a buffer from a position of the file. Returns undefined where the
 * table is incomplete, damaged, too old, or of other settings, another layout or another kind of machine.
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
  const { index, zones, poolIndex, choices, arena, epoch, revision, link } = about;
  if (about.fingerprint !== fingerprint || !holdsAt(about, epochMs)) return undefined;
  if (HEAD_OCTETS + index + zones + poolIndex + choices + arena !== octets) return undefined;
  let position = HEAD_OCTETS;
  let crc = 0;
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
    poolIndex: part(poolIndex),
    choices: part(choices),
    arena: part(arena),
    locator: new SharedArrayBuffer(0),
    generation: new SharedArrayBuffer(8),
  };
  new Int32Array(buffers.generation)[0] = about.generation;
  const isWhole = sumOf(crc32(line, crc)).equals(head.subarray(HEAD_OCTETS - SUM_OCTETS));
  return isWhole ? { epoch, revision, ...(link !== undefined && { link }), buffers } : undefined;
}

/** Returns true where the answers are valid at a time. They are not where the clock was set back. */
function holdsAt({ keptMs, untilMs }: SavedHead, epochMs: number): boolean {
  const isYoung = keptMs <= epochMs && epochMs - keptMs <= SAVED_AGE_MS_MAX;
  return isYoung && (untilMs === null || epochMs < untilMs - READ_WITHIN_MS);
}

function parseLine(line: string): SavedHead | undefined {
  try {
    const head = JSON.parse(line) as SavedHead & { readonly layout: number; readonly order: number };
    const isOurs = head.layout === LAYOUT && head.order === ORDER;
    // Only checks that they can be read. The sum detects damage.
    const sizes = [head.index, head.zones, head.poolIndex, head.choices, head.arena];
    return isOurs && sizes.every((size) => size > 0 && Number.isSafeInteger(size)) ? head : undefined;
  } catch {
    return undefined;
  }
}
