import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import type { StorePosition } from '../../contract/documents.ts';
import { markPath } from './file-faults.ts';
import type { LogEnd } from './log-frames.ts';

/** Octets of a mark; always the same, so that a new one covers the old one whole. */
const MARK_OCTETS = 128;

/** What a mark says of a file. */
export interface MarkText extends StorePosition {
  /** What the counters of the file itself, without its log, come to at least (countersIn). */
  readonly base: number;
  /** How much of the log has reached the disk; undefined: that is not known. */
  readonly log: LogEnd | undefined;
}

/** The mark of a file; undefined: there is none, or it cannot be read, or a program wrote it that notes no revision. */
export function readMark(path: string): MarkText | undefined {
  let text: string;
  try {
    text = readFileSync(markPath(path), 'latin1').slice(0, MARK_OCTETS);
  } catch {
    return undefined;
  }
  const found =
    /^([\w-]{1,64}) (\d{1,15}) ([\w-]{1,64})(?: (\d{1,15}) (?:([0-9a-f]{16}) (\d{1,15})|-))? *\n$/.exec(text);
  if (found === null) return undefined;
  const [, epoch, revision, link, base = 0, salts, octets] = found as unknown as string[];
  return {
    epoch: epoch!,
    revision: Number(revision),
    ...(link !== '-' && { link: link! }),
    base: Number(base),
    log: salts === undefined ? undefined : { salts, octets: Number(octets) },
  };
}

/** Writes the mark of a file. Throws what the system says. */
export function writeMark(path: string, { epoch, revision, link = '-', base, log }: MarkText): void {
  const end = log === undefined ? '-' : `${log.salts} ${log.octets}`;
  const text = `${epoch} ${revision} ${link} ${base} ${end}`
    .padEnd(MARK_OCTETS - 1)
    .slice(0, MARK_OCTETS - 1);
  // A FIFO that somebody put there must not hold up the thread.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK;
  const file = openSync(markPath(path), flags, 0o600);
  try {
    writeSync(file, `${text}\n`, 0);
  } finally {
    closeSync(file);
  }
}
