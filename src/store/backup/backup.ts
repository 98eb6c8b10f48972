import { listOf, objectOf, recordOf, type Shape, text, wholeFrom } from '../../pool/shape.ts';

/**
 * A backup is a text in UTF-8 of one JSON value a line: a head, each document, and an end with a digest of all octets before it.
 * A change that an older version would misread raises the format. A version reads all formats up to its own.
 */
export const BACKUP_FORMAT = 1;

/** Octets of a line: more than any document that can be written takes. */
export const LINE_OCTETS_MAX = 32 * 1024 * 1024;
/** Octets of a backup: a million records take about 350 million. */
export const BACKUP_OCTETS_MAX = 1024 * 1024 * 1024;
/** The media type of a backup (https://github.com/ndjson/ndjson-spec). */
export const BACKUP_TYPE = 'application/x-ndjson';

/** The first line of a backup. */
export interface BackupHead {
  readonly format: number;
  /** The version of Lifeguard that made it. */
  readonly lifeguard: string;
  /** RFC 3339, UTC. */
  readonly madeOn: string;
  /** The state of the store that it has. */
  readonly epoch: string;
  readonly revision: number;
  /** Names of documents that the store had, and that could not be read. */
  readonly damaged: readonly string[];
  /** What else is known to be missing, in a sentence without a final stop; absent: nothing. */
  readonly loss?: string;
}

/** The last line of a backup. */
export interface BackupEnd {
  /** How many documents of each kind there are. */
  readonly documents: Readonly<Record<string, number>>;
  /** SHA-256 of all octets before this line, in lower-case hex digits. */
  readonly sha256: string;
}

/** Anything that JSON can say; what it has to be is decided elsewhere. */
const anything: Shape = () => undefined;
const count = wholeFrom(0, Number.MAX_SAFE_INTEGER);

/** What the first line of format 1 must look like. */
export const HEAD_SHAPE = objectOf(
  { format: count, lifeguard: text, madeOn: text, epoch: text, revision: count, damaged: listOf(text) },
  { loss: text },
);
/** What the line of a document must look like, but for its value. */
export const DOCUMENT_LINE_SHAPE = objectOf({ kind: text, id: text, value: anything });
/** What the last line must look like. */
export const END_SHAPE = objectOf({ documents: recordOf(count), sha256: text });
