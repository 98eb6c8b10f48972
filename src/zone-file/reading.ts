import type { WireName } from '../dns/name.ts';
import type { Problem } from '../input/problem.ts';
import type { FileSoa } from './soa.ts';

/** A zone file as text, and how problems name it. */
export interface ZoneFileText {
  readonly file: string;
  readonly text: string;
}

/** Returns the file that `$INCLUDE path` means. Throws TextError, whose message continues after the path. */
export type IncludeFile = (path: string) => ZoneFileText;

/** A record of a zone file. */
export interface FileRecord {
  /** `file:line`. */
  readonly path: string;
  readonly owner: WireName;
  readonly ttlSeconds: number;
  readonly type: number;
  /** In wire form, uncompressed. */
  readonly rdata: Uint8Array;
  /** The comment after it on its last line. */
  readonly comment?: string;
}

/** A zone file with those that it includes, while it is read. */
export interface Reading {
  readonly apex: WireName;
  /** Absent: $INCLUDE is not allowed. */
  readonly include?: IncludeFile;
  readonly problems: Problem[];
  /** Number of problems before this reading. */
  readonly problemsBefore: number;
  /** Records that were read and not handed out yet. */
  piece: FileRecord[];
  readonly recordsMax: number;
  /** Records that may follow. */
  recordsLeft: number;
  /** Files that may be included yet. */
  includesLeft: number;
  readonly generatedMax: number;
  /** Characters that $GENERATE may make yet. */
  generatedLeft: number;
  /** Of $TTL, or of an SOA without a TTL (RFC 2308 §4). */
  defaultTtlSeconds?: number;
  /** Of the last record that had one (RFC 1035 §5.1). */
  lastTtlSeconds?: number;
  soa?: FileSoa;
  /** Reading ended before the end of the file, and a problem says why. */
  isOver: boolean;
}

/** A file that is read at the moment. */
export interface OpenFile extends ZoneFileText {
  origin: WireName;
  /** Owner of the last record; undefined: there is none yet; null: it was wrong, and a problem says so. */
  owner: WireName | null | undefined;
  /** The file that includes it. */
  readonly by?: OpenFile;
}

/** Reports a problem at a position in the text of an entry. */
export type Fail = (at: number, message: string) => undefined;
