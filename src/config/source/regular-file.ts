import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

/** The content of a file. */
export interface RegularFile {
  readonly octets: Buffer;
  /** Its owner and permissions. */
  readonly stats: Stats;
}

/** Files that are already open, and so may be pipes, such as `<(command)` of a shell. */
const OPEN_ALREADY = /^\/(dev\/(stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/**
 * Reads a file of at most `octetsMax` octets. Refuses a directory, a FIFO or a device instead of waiting for it; follows
 * links. Throws an Error that names the file and the problem.
 */
export function readRegularFile(path: string, octetsMax: number): RegularFile {
  const isOpen = OPEN_ALREADY.test(path);
  // To open a device may have an effect, so its kind is checked before; and again after, since the file may have been replaced.
  if (!isOpen) refuseOthers(path, statSync(path));
  const file = openSync(path, constants.O_RDONLY | (isOpen ? 0 : constants.O_NONBLOCK));
  try {
    const stats = fstatSync(file);
    if (!isOpen) refuseOthers(path, stats);
    // The size of a pipe and of files of the kernel is 0; any file may grow meanwhile.
    let octets = Buffer.alloc(Math.min(stats.size || octetsMax, octetsMax) + 1);
    let end = 0;
    for (;;) {
      const count = readSync(file, octets, end, octets.length - end, null);
      end += count;
      if (end > octetsMax) throw new Error(`${path} has more than ${octetsMax} octets`);
      if (end === octets.length) octets = Buffer.concat([octets], octetsMax + 1);
      if (count === 0) return { octets: octets.subarray(0, end), stats };
    }
  } finally {
    closeSync(file);
  }
}

function refuseOthers(path: string, stats: Stats): void {
  if (!stats.isFile()) throw new Error(`${path} is ${kindOf(stats)}; it must be a regular file`);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  return stats.isSocket() ? 'a socket' : 'a device';
}
