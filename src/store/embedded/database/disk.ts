import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { StoreRefused, StoreUncertain } from '../../contract/failure.ts';

/** Forces what is written to an open file to the disk (fsync(2)). */
export type Sync = (descriptor: number) => Promise<void>;

/** Brings what was committed to the disk, off this thread. */
export interface Disk {
  /** Notes that something was committed. */
  written(): void;
  /**
   * Resolves when all that was committed before the call, by earlier processes too, has reached the disk: once for all who wait. Rejects with
   * StoreUncertain where the disk fails.
   */
  reached(): Promise<void>;
  /** Throws StoreRefused where what was committed did not reach the disk: what follows it would be lost with it. */
  check(): void;
  /** Ends it after what is under way. */
  close(): void;
}

const WHY = 'The disk fails';

/**
 * Creates it for a database in WAL mode whose commits do not wait for the disk (synchronous = NORMAL). What is in its log has
 * reached the disk when the log has. `checkpoint` writes all that is in the log to the file itself, and waits for the disk;
 * it rejects where that fails.
 */
export function createDisk(
  path: string,
  checkpoint: () => Promise<void>,
  sync: Sync = promisify(fsync),
): Disk {
  let descriptor: number | undefined;
  /** At first too: what the process before left in the log may not have reached the disk. */
  let isDirty = true;
  let isBroken = false;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function syncOnce(): Promise<void> {
    isDirty = false;
    // The log may lack what is before it.
    if (isBroken) throw new StoreUncertain(`${path}: ${WHY}`);
    try {
      descriptor ??= openSync(`${path}-wal`, 'r');
      await sync(descriptor);
    } catch {
      // After it has failed, the next one may succeed without the pages that were lost (fsync(2)). These are still in the log as it is read.
      try {
        await checkpoint();
      } catch (error) {
        isBroken = true;
        throw new StoreUncertain(`${path}: ${WHY}: ${(error as Error).message}`);
      }
    }
  }

  function start(): Promise<void> {
    const now = syncOnce().finally(() => {
      running = undefined;
    });
    running = now;
    return now;
  }

  return {
    written() {
      isDirty = true;
    },
    async reached() {
      if (!isDirty) return running;
      if (running === undefined) return start();
      // What is under way began before the last of it.
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return start();
        });
      return next;
    },
    check() {
      if (isBroken)
        throw new StoreRefused(
          `${WHY}: what was written last may be lost. Restart the server when it works again`,
        );
    },
    close() {
      void Promise.allSettled([running, next]).then(() => {
        // Once: its number may be another file's by the second time.
        if (descriptor !== undefined) closeSync(descriptor);
        descriptor = undefined;
      });
    },
  };
}
