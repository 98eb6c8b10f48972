import { open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { TableWriter } from '../../answer/table.ts';
import { HEAD_OCTETS, lineOf, SAVED_OCTETS_MAX, type SavedAnswersFile, sumOf } from './format.ts';

/** How often it is looked whether the answers are others than those that are kept. */
const LOOK_MS = 1_000;
/** From one write to the next at least, and longer after a large one, so that a disk lives: octets for each second of rest. */
export const SAVE_INTERVAL_MS = 10_000;
const OCTETS_PER_SECOND = 512 * 1024;
/** stop() waits no longer for the disk. */
const STOP_MS = 1_000;
/** Octets that are summed and written at a time, so that the main thread is not held up. */
const PIECE_OCTETS = 1024 * 1024;

/** What a table shows, whole: the store, its revision, and until when that holds by the clock (absent: for ever). */
export interface Shown {
  readonly epoch: string;
  readonly revision: number;
  readonly link?: string;
  readonly untilMs?: number;
}

/** What saveAnswers works with. */
export interface SaveOptions extends SavedAnswersFile {
  readonly table: Pick<TableWriter, 'buffers' | 'usage'>;
  /** The newest generation; 0: none yet. */
  readonly generation: () => number;
  /** Undefined: nothing yet, or not all of a generation, or not all that is known. */
  readonly shown: () => Shown | undefined;
  /** Told of a failure to write, once until it is over. */
  readonly failed: (error: unknown) => void;
}

/** Answers that are kept as they change. */
export interface AnswerSaver {
  /** Keeps those that are given last, or none; as they were where none were given. */
  stop(): Promise<void>;
}

/** Keeps the answers of a table in a file, from which the next start may give them before it has read the store. */
export function saveAnswers(options: SaveOptions): AnswerSaver {
  /** The generation that is kept; 0: none of this run, so that what the last one kept stays until there is one. */
  let kept = 0;
  let isFailing = false;
  let underWay: Promise<void> | undefined;
  let restUntilMs = 0;

  async function keep(): Promise<void> {
    const generation = options.generation();
    const shown = options.shown();
    if (shown === undefined || generation === kept) return;
    let octets = 0;
    try {
      octets = await write(options, shown, generation);
      if (octets > 0) kept = generation;
      isFailing = false;
    } catch (error) {
      if (!isFailing) options.failed(error);
      isFailing = true;
      await forget();
    }
    restUntilMs = performance.now() + Math.max(SAVE_INTERVAL_MS, (1_000 * octets) / OCTETS_PER_SECOND);
  }

  /** What cannot be made true any more is not given: who starts waits for the store instead. */
  async function forget(): Promise<void> {
    await rm(options.path, { force: true }).catch(() => {});
  }

  async function keepLast(): Promise<void> {
    await underWay;
    await keep();
    if (options.generation() !== kept) await forget();
  }

  const timer = setInterval(() => {
    if (underWay !== undefined || performance.now() < restUntilMs) return;
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

/** Writes a file whole and gives its octets; 0: the one there is was left, since the table moved meanwhile. Rejects where it cannot be written. */
async function write(
  { path, fingerprint, table }: SaveOptions,
  { epoch, revision, link, untilMs }: Shown,
  generation: number,
): Promise<number> {
  const { buffers } = table;
  const { usedOctets } = table.usage;
  // The index as it is at this moment. What it points to never changes where it is, so that others may go on.
  const parts = [
    new Uint8Array(buffers.index).slice(),
    new Uint8Array(buffers.zones).slice(),
    new Uint8Array(buffers.arena, 0, usedOctets),
  ];
  const [index, zones, arena] = parts.map(({ length }) => length) as [number, number, number];
  const octets = HEAD_OCTETS + index + zones + arena;
  if (octets > SAVED_OCTETS_MAX) throw new RangeError(`${octets} octets; ${SAVED_OCTETS_MAX} at most`);
  const keptMs = Date.now();
  const line = lineOf({
    fingerprint,
    epoch,
    revision,
    ...(link !== undefined && { link }),
    generation,
    keptMs,
    untilMs: untilMs ?? null,
    index,
    zones,
    arena,
  });
  const beside = `${path}.new`;
  try {
    // Whatever is in its place, a link or a pipe, is not written through.
    await rm(beside, { force: true });
    const file = await open(beside, 'wx', 0o600);
    try {
      let crc = crc32(line);
      // In the place of the head, which comes last: until then the file is none.
      await file.writeFile(new Uint8Array(HEAD_OCTETS));
      for (const part of parts)
        for (let at = 0; at < part.length; at += PIECE_OCTETS) {
          const piece = Buffer.from(part.subarray(at, at + PIECE_OCTETS));
          crc = crc32(piece, crc);
          await file.writeFile(piece);
        }
      const head = Buffer.concat([line, sumOf(crc)]);
      const { bytesWritten } = await file.write(head, 0, head.length, 0);
      if (bytesWritten < head.length) throw new Error('the disk is full');
    } finally {
      await file.close();
    }
    // An arena that was left may be written again, and come back: this word is another after each move.
    const isWhole = table.buffers.generation === buffers.generation;
    await (isWhole ? rename(beside, path) : rm(beside));
    return isWhole ? octets : 0;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
