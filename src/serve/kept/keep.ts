import { open, rename, rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { TableWriter } from '../../answer/table.ts';
import { HEAD_OCTETS, KEPT_OCTETS_MAX, lineOf, sumOf } from './format.ts';
import type { KeptAt } from './read.ts';

/** How often it is looked whether the answers are others than those that are kept. */
const LOOK_MS = 1_000;
/** From one write to the next at least, and after one that took long so many times what it took: many pools make a large file. */
export const KEEP_MS = 10_000;
const REST_FACTOR = 50;
/** Octets that are summed and written at a time, so that the main thread is not held up. */
const PIECE_OCTETS = 1024 * 1024;

/** What a table shows: the store, its revision, and the number of the generation. */
export interface Shown {
  readonly epoch: string;
  readonly revision: number;
  readonly generation: number;
}

/** What keepAnswers works with. */
export interface KeepOptions extends KeptAt {
  readonly table: Pick<TableWriter, 'buffers' | 'usage'>;
  /** What the table shows, whole; undefined: nothing yet, or some of the next generation already. */
  readonly shown: () => Shown | undefined;
  /** Told of a failure to write, once until it is over. */
  readonly failed: (error: unknown) => void;
}

/** Answers that are kept as they change. */
export interface Keeping {
  /** Keeps those that are given last. */
  stop(): Promise<void>;
}

/** Keeps the answers of a table in a file, from which the next start may give them before it has read the store. */
export function keepAnswers(options: KeepOptions): Keeping {
  let kept = 0;
  let isFailing = false;
  let underWay: Promise<void> | undefined;
  let restUntilMs = 0;

  async function keep(): Promise<void> {
    const now = options.shown();
    if (now === undefined || now.generation === kept) return;
    const fromMs = performance.now();
    try {
      if (await write(options, now)) kept = now.generation;
      isFailing = false;
    } catch (error) {
      if (!isFailing) options.failed(error);
      isFailing = true;
    }
    const toMs = performance.now();
    restUntilMs = toMs + Math.max(KEEP_MS, REST_FACTOR * (toMs - fromMs));
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
      await underWay;
      await keep();
    },
  };
}

/** Writes a file whole, or leaves the one there is: false where the table moved meanwhile. Rejects where it cannot be written. */
async function write({ path, fingerprint, table }: KeepOptions, shown: Shown): Promise<boolean> {
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
  if (octets > KEPT_OCTETS_MAX) throw new RangeError(`${octets} octets; ${KEPT_OCTETS_MAX} at most`);
  const line = lineOf({ fingerprint, ...shown, index, zones, arena });
  const beside = `${path}.new`;
  try {
    const file = await open(beside, 'w', 0o600);
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
    // An arena that was left is written again some day.
    const isWhole = table.buffers.arena === buffers.arena;
    await (isWhole ? rename(beside, path) : rm(beside));
    return isWhole;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
