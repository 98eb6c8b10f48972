import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

/** A file that was read. */
export interface RegularFile {
  readonly octets: Buffer;
  /** Whose it is, and who may do what with it. */
  readonly stats: Stats;
}

/** Files that are open already, and so may be pipes: `<(command)` of a shell is one. */
const OPEN_ALREADY = /^\/(dev\/(stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/**
 * Reads a file of `octetsMax` octets at the most, whatever is at its path: what is no regular file (a directory, a FIFO, a
 * device) is refused, not waited for; links are followed. Throws an Error that names the file and what is wrong with it.
 */
export function readRegularFile(path: string, octetsMax: number): RegularFile {
  const isOpen = OPEN_ALREADY.test(path);
  // To open a device may do something, so it is looked at first; by then another may stand in its place.
  if (!isOpen) refuseOthers(path, statSync(path));
  const file = openSync(path, constants.O_RDONLY | (isOpen ? 0 : constants.O_NONBLOCK));
  try {
    const stats = fstatSync(file);
    if (!isOpen) refuseOthers(path, stats);
    const octets = Buffer.alloc(octetsMax + 1);
    let end = 0;
    for (;;) {
      const count = readSync(file, octets, end, octets.length - end, null);
      end += count;
      if (end > octetsMax) throw new Error(`${path} has more than ${octetsMax} octets`);
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
