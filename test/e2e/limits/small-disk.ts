import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Room of a disk, MiB. */
const DISK_MIB = 16;
const FILLER_PIECE = Buffer.alloc(4_096);

/** A disk of a test's own, mounted at a directory. */
export interface SmallDisk {
  readonly directory: string;
  /** Fills all room that is left, and returns the function that gives it back. */
  fill(): () => void;
  /** Ends it: nobody may use it any longer. */
  remove(): void;
}

/** A disk with a journal, which the kernel can find faulty. */
export interface JournalDisk extends SmallDisk {
  /** Takes no writes any more, as after an error of the disk; reads go on. */
  fail(): void;
  /** Mounts it anew, as after a repair. */
  repair(): void;
}

/** Whether this machine lets a test mount disks; where not, why the tests are left out is said aloud. */
export function mounting(title: string): { title: string; missing: boolean } {
  try {
    const disk = mountMemoryDisk();
    disk.remove();
    mountJournalDisk().remove();
    return { title, missing: false };
  } catch {
    const reason = `not tried: ${title}; this user may not mount a disk`;
    process.stderr.write(`${reason}\n`);
    return { title: reason, missing: true };
  }
}

/** Mounts a small disk that is in memory. */
export function mountMemoryDisk(): SmallDisk {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-disk-'));
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', directory);
  } catch (error) {
    rmSync(directory, { recursive: true });
    throw error;
  }
  return {
    directory,
    fill: () => fill(directory),
    remove() {
      run('umount', '--lazy', directory);
      rmSync(directory, { recursive: true });
    },
  };
}

/** Mounts a small disk that is in a file. */
export function mountJournalDisk(): JournalDisk {
  const home = mkdtempSync(join(tmpdir(), 'lifeguard-disk-'));
  const image = join(home, 'image');
  const directory = join(home, 'mounted');
  const mount = () => run('mount', '-o', 'loop', image, directory);
  try {
    run('mkdir', directory);
    run('truncate', `--size=${DISK_MIB}M`, image);
    run('mkfs.ext4', '-q', image);
    mount();
  } catch (error) {
    rmSync(home, { recursive: true });
    throw error;
  }
  return {
    directory,
    fill: () => fill(directory),
    fail: () => run('mount', '-o', 'remount,abort', directory),
    repair() {
      run('umount', directory);
      // Its code is 1 where it has mended something.
      run('sh', '-c', `fsck.ext4 -p ${image} || test $? -eq 1`);
      mount();
    },
    remove() {
      run('umount', '--lazy', directory);
      rmSync(home, { recursive: true });
    },
  };
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function fill(directory: string): () => void {
  const path = join(directory, 'filler');
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, FILLER_PIECE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC' || fstatSync(file).size === 0) throw error;
  } finally {
    closeSync(file);
  }
  return () => rmSync(path);
}
