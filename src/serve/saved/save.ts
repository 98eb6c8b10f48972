import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { choicesFromStart } from '../../answer/steering/choices.ts';
import type { TableWriter } from '../../answer/table.ts';
import { HEAD_OCTETS, headOf, SAVED_OCTETS_MAX, type SavedAnswersFile, type SavedHead } from './format.ts';

/** Time between two looks for changed answers, milliseconds. */
const LOOK_MS = 1_000;
/** Shortest time between two writes, milliseconds; longer after a large one, by OCTETS_PER_SECOND, to spare the disk. */
export const SAVE_INTERVAL_MS = 10_000;
const OCTETS_PER_SECOND = 512 * 1024;
/** Answers that stay as they are, are confirmed so often, milliseconds: a small part of the age at which they are of no use. */
export const CONFIRM_INTERVAL_MS = 60_000;
/** Longest time that stop() waits for the disk, milliseconds: what the table of a million records takes on a slow one. */
const STOP_MS = 5_000;
/** Octets that are summed and written at a time, so that the main thread is not blocked. */
const PIECE_OCTETS = 1024 * 1024;

/** The store and the revision that a whole table shows, and until when it is valid by the clock (absent: no end). */
export interface Shown {
  readonly epoch: string;
  readonly revision: number;
  readonly link?: string;
  readonly untilMs?: number;
}

/** Dependencies of saveAnswers. */
export interface SaveOptions extends SavedAnswersFile {
  readonly table: Pick<TableWriter, 'buffers' | 'usage'>;
  /** The newest generation; 0: none yet. */
  readonly generation: () => number;
  /** Returns what the table shows; undefined: nothing yet, or changes are being published. */
  readonly shown: () => Shown | undefined;
  /** Called with a failure to write, once until it is over. */
  readonly failed: (error: unknown) => void;
}

/** Saves answers as they change. */
export interface AnswerSaver {
  /** Saves the latest answers, or removes the file; leaves it as it was where none were served. */
  stop(): Promise<void>;
}

/** What the log says of a failure. */
export const NOT_SAVED =
  'Cannot save the answers, so the next start answers only after it has read the store. The disk of the data directory needs room and must be writable. Lifeguard tries again.';

/** Saves the answers of a table in a file, from which the next start may serve them before it has read the store. */
export function saveAnswers(options: SaveOptions): AnswerSaver {
  /** The saved generation; 0: none of this run, and the file of the last run stays. */
  let kept = 0;
  let saved: Saved | undefined;
  let isFailing = false;
  let underWay: Promise<void> | undefined;
  let restUntilMs = 0;

  async function keep(): Promise<void> {
    const generation = options.generation();
    const shown = options.shown();
    if (shown === undefined) return;
    let octets = 0;
    try {
      const isSaved = generation === kept && saved !== undefined;
      const confirmed = isSaved ? await confirm(options, shown, saved!) : undefined;
      const written = confirmed ?? (await write(options, shown, generation));
      if (written !== undefined) {
        [kept, saved] = [generation, written];
        octets = confirmed === undefined ? octetsOf(written) : 0;
      }
      isFailing = false;
    } catch (error) {
      if (!isFailing) options.failed(error);
      isFailing = true;
      await forget();
    }
    restUntilMs = performance.now() + Math.max(SAVE_INTERVAL_MS, (1_000 * octets) / OCTETS_PER_SECOND);
  }

  /** Removes the file where it can no longer be updated: the next start waits for the store instead. */
  async function forget(): Promise<void> {
    await rm(options.path, { force: true }).catch(() => {});
  }

  async function keepLast(): Promise<void> {
    await underWay;
    await keep();
    if (options.generation() !== kept) await forget();
  }

  const isConfirmed = () =>
    options.generation() === kept && performance.now() - (saved?.atMs ?? 0) < CONFIRM_INTERVAL_MS;

  const timer = setInterval(() => {
    if (underWay !== undefined || performance.now() < restUntilMs || isConfirmed()) return;
    underWay = keep().finally(() => {
      underWay = undefined;
    });
  }, LOOK_MS).unref();

  return {
    async stop() {
      clearInterval(timer);
      const late = sleep(STOP_MS, undefined, { ref: false });
      await Promise.race([late, keepLast()]);
    },
  };
}

/** What a file has: its head, the CRC of all that follows, and when it was written, by a clock that only runs forward. */
interface Saved {
  readonly head: SavedHead;
  readonly crc: number;
  readonly atMs: number;
}

/** Octets of the file. */
function octetsOf({ head: { index, zones, poolIndex, choices, arena } }: Saved): number {
  return HEAD_OCTETS + index + zones + poolIndex + choices + arena;
}

/** The part of a head that says what is shown now. */
function headAt(
  { epoch, revision, link, untilMs }: Shown,
  fingerprint: string,
): Omit<SavedHead, 'generation' | 'index' | 'zones' | 'poolIndex' | 'choices' | 'arena'> {
  return {
    fingerprint,
    epoch,
    revision,
    ...(link !== undefined && { link }),
    keptMs: Date.now(),
    untilMs: untilMs ?? null,
  };
}

/** Notes in the file that its answers hold now as well; undefined: it is not there. Rejects on failure. */
async function confirm(
  { path, fingerprint }: SavedAnswersFile,
  shown: Shown,
  { head: was, crc }: Saved,
): Promise<Saved | undefined> {
  const { generation, index, zones, poolIndex, choices, arena } = was;
  const head = { ...headAt(shown, fingerprint), generation, index, zones, poolIndex, choices, arena };
  const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (file === undefined) return undefined;
  try {
    await writeHead(file, headOf(head, crc));
  } finally {
    await file.close();
  }
  return { head, crc, atMs: performance.now() };
}

async function writeHead(file: FileHandle, head: Buffer): Promise<void> {
  const { bytesWritten } = await file.write(head, 0, head.length, 0);
  if (bytesWritten < head.length) throw new Error('the disk is full');
}

/** Writes the whole file; undefined: the old file stays, because the table moved meanwhile. Rejects on failure. */
async function write(
  { path, fingerprint, table }: SaveOptions,
  shown: Shown,
  generation: number,
): Promise<Saved | undefined> {
  const { buffers } = table;
  const { usedOctets } = table.usage;
  // A copy of what points to nodes. They never change in place, so that others may go on.
  const parts = [
    new Uint8Array(buffers.index).slice(),
    new Uint8Array(buffers.zones).slice(),
    new Uint8Array(buffers.poolIndex).slice(),
    new Uint8Array(choicesFromStart(buffers).buffer),
    new Uint8Array(buffers.arena, 0, usedOctets),
  ] as const;
  const [index, zones, poolIndex, choices, arena] = parts;
  const octets = parts.reduce((sum, { length }) => sum + length, HEAD_OCTETS);
  if (octets > SAVED_OCTETS_MAX) throw new RangeError(`${octets} octets; ${SAVED_OCTETS_MAX} at most`);
  const head = {
    ...headAt(shown, fingerprint),
    generation,
    index: index.length,
    zones: zones.length,
    poolIndex: poolIndex.length,
    choices: choices.length,
    arena: arena.length,
  };
  const beside = `${path}.new`;
  let crc = 0;
  try {
    // A link or a pipe in its place is removed, not written through.
    await rm(beside, { force: true });
    const file = await open(beside, 'wx', 0o600);
    try {
      // The head is written last: until then the file is invalid.
      await file.writeFile(new Uint8Array(HEAD_OCTETS));
      for (const part of parts)
        for (let at = 0; at < part.length; at += PIECE_OCTETS) {
          const piece = Buffer.from(part.subarray(at, at + PIECE_OCTETS));
          crc = crc32(piece, crc);
          await file.writeFile(piece);
        }
      await writeHead(file, headOf(head, crc));
    } finally {
      await file.close();
    }
    // An arena that was left may be written again, and come back: this word is another after each move.
    const isWhole = table.buffers.generation === buffers.generation;
    await (isWhole ? rename(beside, path) : rm(beside));
    return isWhole ? { head, crc, atMs: performance.now() } : undefined;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
