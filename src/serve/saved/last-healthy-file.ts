import { open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRegularFile } from '../../config/source/regular-file.ts';
import { listOf, text } from '../../pool/shape.ts';
import type { EndpointsOfPools } from '../health/last-healthy.ts';

/** Maximum octets of the file that are read: several times what 100,000 pools take. */
export const LAST_HEALTHY_OCTETS_MAX = 128 * 1024 * 1024;
/** Shortest time between two writes, milliseconds. */
export const LAST_HEALTHY_WRITE_MS = 1_000;
/** The next write waits for so many times what the last one took. */
const REST_FACTOR = 9;
/** Pools that are written in one go, so that the main thread is not blocked. */
const POOLS_PER_PIECE = 256;
/** Longest time that stop() waits for the disk, milliseconds. */
const STOP_MS = 1_000;

/** Keeps the last healthy members of pools in a file, for the next start. */
export interface LastHealthyFile {
  /** What the file had at the start. */
  readonly known: EndpointsOfPools;
  /** Has all of this written soon. */
  changed(all: EndpointsOfPools): void;
  /** Writes what is not written yet. */
  stop(): Promise<void>;
}

/**
 * Opens the file, which need not exist. Each line is a JSON list: the id of a pool, then the names of its endpoints. A line that is
 * damaged is left out, and a file that cannot be read has none: then a pool answers with all of its endpoints. `failed` is called
 * with a failure to read or to write, once until it is over.
 */
export function openLastHealthyFile(path: string, failed: (error: unknown) => void): LastHealthyFile {
  let wanted: EndpointsOfPools | undefined;
  let isFailing = false;
  let restUntilMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;

  function fail(error: unknown): void {
    if (!isFailing) failed(error);
    isFailing = true;
  }

  function read(): EndpointsOfPools {
    try {
      return endpointsIn(readRegularFile(path, LAST_HEALTHY_OCTETS_MAX).octets.toString());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') fail(error);
      return new Map();
    }
  }

  async function write(): Promise<void> {
    const all = wanted;
    wanted = undefined;
    if (all === undefined) return;
    const fromMs = performance.now();
    try {
      await writeAll(path, all);
      isFailing = false;
    } catch (error) {
      wanted ??= all;
      fail(error);
    }
    restUntilMs = performance.now() + REST_FACTOR * (performance.now() - fromMs);
    underWay = undefined;
    if (wanted !== undefined) later();
  }

  function later(): void {
    if (timer !== undefined || underWay !== undefined) return;
    const delayMs = Math.max(LAST_HEALTHY_WRITE_MS, restUntilMs - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      underWay = write();
    }, delayMs).unref();
  }

  async function finish(): Promise<void> {
    clearTimeout(timer);
    await underWay;
    clearTimeout(timer);
    await write();
    clearTimeout(timer);
  }

  return {
    known: read(),
    changed(all) {
      wanted = all;
      later();
    },
    stop: () => Promise.race([sleep(STOP_MS, undefined, { ref: false }), finish()]),
  };
}

const LINE = listOf(text);

function endpointsIn(lines: string): EndpointsOfPools {
  const found = lines.split('\n').flatMap((line): [string, ReadonlySet<string>][] => {
    const [pool, ...endpoints] = listIn(line);
    return pool === undefined || endpoints.length === 0 ? [] : [[pool, new Set(endpoints)]];
  });
  return new Map(found);
}

function listIn(line: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(line);
    return LINE(value) === undefined ? (value as readonly string[]) : [];
  } catch {
    return [];
  }
}

/** Writes the whole file beside the old one, and renames it over that. What is added meanwhile may be in it. */
async function writeAll(path: string, all: EndpointsOfPools): Promise<void> {
  const beside = `${path}.new`;
  // A link or a pipe in its place is removed, not written through.
  await rm(beside, { force: true });
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      let piece: string[] = [];
      for (const [pool, endpoints] of all) {
        piece.push(`${JSON.stringify([pool, ...endpoints])}\n`);
        if (piece.length < POOLS_PER_PIECE) continue;
        await file.writeFile(piece.join(''));
        piece = [];
      }
      await file.writeFile(piece.join(''));
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
