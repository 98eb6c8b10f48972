import { spawnSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The wall clock of processes, by libfaketime (Debian package `faketime`); monotonic clocks stay true. */
export interface FalseClock {
  /** Environment of a process that goes by it. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets it so many seconds off, at once, in every process that goes by it. */
  jump(seconds: number): void;
  remove(): void;
}

/** A clock that is right. Throws where libfaketime is not installed. */
export function createFalseClock(): FalseClock {
  const { stdout } = spawnSync('faketime', ['-f', '+0', 'env'], { encoding: 'utf8' });
  const library = /^LD_PRELOAD=(\S*)libfaketime\.so/m.exec(stdout ?? '')?.[1];
  if (library === undefined) throw new Error('libfaketime is not here: apt-get install faketime');
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-clock-'));
  const file = join(directory, 'offset');
  const jump = (seconds: number) => {
    // A reader must never see half of it.
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${file}.new`, file);
  };
  jump(0);
  return {
    env: {
      // With the allocator of libc before jemalloc, which asks for the time before libfaketime can tell it.
      LD_PRELOAD: `${library}libfaketimeMT.so.1 libc.so.6`,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    jump,
    remove: () => rmSync(directory, { recursive: true }),
  };
}
