import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { readLogFrames } from '../database/log-frames.ts';

/** How every file of SQLite's begins (https://sqlite.org/fileformat2.html#the_database_header). */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
/** Where the size of pages and the first page of the list of free ones are in the header. */
const PAGE_SIZE_AT = 16;
const FREE_AT = 32;
/** Octets of a page in a file whose header does not say so: those of every file that this program made. */
const PAGE_OCTETS = 4_096;

/** The pages of a file as SQLite would see them, with those in its log. */
export interface Pages {
  /** Octets of a page. */
  readonly octets: number;
  /** How many there are; they are numbered from 1. */
  readonly count: number;
  /** Whether the header, in the first page, is one. */
  readonly hasHeader: boolean;
  /** The first page of the list of free ones, by the header; 0: none. */
  readonly firstFree: number;
  /** The content of a page; undefined: it is not there. */
  page(number: number): Buffer | undefined;
  close(): void;
}

/** A FIFO that somebody put there must not hold up the thread. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** Opens the pages of a file that nobody writes to. Throws what the system says. */
export function openPages(path: string): Pages {
  const log = readLogFrames(`${path}-wal`);
  const file = openSync(path, FLAGS);
  const logFile = log && openSync(`${path}-wal`, FLAGS);
  const { size } = fstatSync(file);
  const head = Buffer.alloc(100);
  const inLog = log?.pages.get(1);
  if (inLog === undefined) readSync(file, head, 0, head.length, 0);
  else readSync(logFile!, head, 0, head.length, inLog);
  const hasHeader = head.subarray(0, MAGIC.length).equals(MAGIC);
  // 1 stands for the size that two octets cannot hold.
  const said = head.readUInt16BE(PAGE_SIZE_AT) === 1 ? 65_536 : head.readUInt16BE(PAGE_SIZE_AT);
  const octets = log?.pageOctets ?? (hasHeader ? said : PAGE_OCTETS);
  const inFile = Math.ceil(size / octets);
  return {
    octets,
    count: log?.databasePages ?? inFile,
    hasHeader,
    firstFree: hasHeader ? head.readUInt32BE(FREE_AT) : 0,
    page(number) {
      const at = log?.pages.get(number);
      const page = Buffer.alloc(octets);
      const read =
        at === undefined
          ? readSync(file, page, 0, octets, (number - 1) * octets)
          : readSync(logFile!, page, 0, octets, at);
      return read === octets ? page : undefined;
    },
    close() {
      closeSync(file);
      if (logFile !== undefined) closeSync(logFile);
    },
  };
}
