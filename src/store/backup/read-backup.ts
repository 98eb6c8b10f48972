import { createHash } from 'node:crypto';
import type { Problem } from '../../input/problem.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { Flaw, Shape } from '../../pool/shape.ts';
import { documentName, type Ref, type StoredDocument } from '../contract/documents.ts';
import { claimsOf } from '../integrity/claims.ts';
import { parseRecord, valueFlaw } from '../record/record.ts';
import {
  BACKUP_FORMAT,
  BACKUP_OCTETS_MAX,
  type BackupEnd,
  type BackupHead,
  DOCUMENT_LINE_SHAPE,
  END_SHAPE,
  HEAD_SHAPE,
  LINE_OCTETS_MAX,
} from './backup.ts';

/** Problems that are listed; of more, their number. */
export const BACKUP_PROBLEMS_MAX = 100;

/** A backup that has no problem. Its documents are of revision 0. */
export interface Backup {
  readonly head: BackupHead;
  /** In the order of the file: the document at index `i` is on line `i + 2`. */
  readonly documents: readonly StoredDocument[];
}

/** A backup, or the problems of a file that is none, each with its line. */
export type BackupRead =
  | { readonly ok: true; readonly backup: Backup }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly count: number };

const LINE_FEED = 0x0a;

/**
 * Reads a backup as its octets come, and judges it whole: each line, the digest at its end, identifiers and unique names, and that
 * each document that another refers to is there. Throws only what `chunks` throws.
 */
export async function readBackup(chunks: AsyncIterable<Uint8Array>): Promise<BackupRead> {
  const problems = gatherLineProblems();
  const isLong = createPieces();
  const digest = createHash('sha256');
  const documents: StoredDocument[] = [];
  const counts = new Map<string, number>();
  let head: BackupHead | undefined;
  let isEnded = false;
  let number = 0;
  for await (const line of linesOf(chunks, problems)) {
    number += 1;
    const rest = isLong();
    if (rest) await rest;
    if (isEnded) {
      problems.add(number, 'must not be there: the line before is the last one of the backup');
      break;
    }
    const text = line.toString();
    if (head === undefined) {
      head = parsed<BackupHead>(text, HEAD_SHAPE, number, problems);
      if (head !== undefined && head.format !== BACKUP_FORMAT)
        problems.add(number, wrongFormat(head.format, head.lifeguard));
      // Without the right head nothing says what the other lines mean.
      if (problems.count > 0) break;
    } else if (text.startsWith('{"documents":')) {
      isEnded = true;
      const end = parsed<BackupEnd>(text, END_SHAPE, number, problems);
      const sha256 = digest.digest('hex');
      if (end !== undefined && end.sha256 !== sha256)
        problems.add(number, `sha256 must be ${sha256}: the file is damaged, or was changed by hand`);
      else if (end !== undefined && !sameCounts(end.documents, counts))
        problems.add(number, 'documents must be the numbers of documents of each kind');
      continue;
    } else {
      const document = documentOf(text, number, problems);
      if (document !== undefined) documents.push(document);
      if (document !== undefined) counts.set(document.kind, (counts.get(document.kind) ?? 0) + 1);
    }
    digest.update(line).update('\n');
  }
  if (!isEnded && problems.count === 0)
    problems.add(
      number + 1,
      'must be there: the last line of a backup has its digest. The file is cut short',
    );
  if (head !== undefined && problems.count === 0) await judgeTogether({ head, documents }, problems);
  if (head === undefined || problems.count > 0)
    return { ok: false, problems: problems.kept, count: problems.count };
  return { ok: true, backup: { head, documents } };
}

interface LineProblems {
  add(line: number, message: string): void;
  readonly kept: readonly Problem[];
  readonly count: number;
}

function gatherLineProblems(): LineProblems {
  const kept: Problem[] = [];
  let count = 0;
  return {
    add(line, message) {
      count += 1;
      if (kept.length < BACKUP_PROBLEMS_MAX) kept.push({ path: `line ${line}`, message });
    },
    kept,
    get count() {
      return count;
    },
  };
}

/** Cuts octets into lines, without their line feeds. Ends early, with a problem, at what is too long, or without a line feed. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, problems: LineProblems): AsyncGenerator<Buffer> {
  let partial: Uint8Array[] = [];
  let length = 0;
  let octets = 0;
  let number = 1;
  for await (const chunk of chunks) {
    octets += chunk.length;
    if (octets > BACKUP_OCTETS_MAX)
      return problems.add(number, `a backup has at most ${BACKUP_OCTETS_MAX} octets`);
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      yield Buffer.concat([...partial, chunk.subarray(from, at)]);
      number += 1;
      partial = [];
      length = 0;
      from = at + 1;
    }
    if (from === chunk.length) continue;
    partial.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > LINE_OCTETS_MAX)
      return problems.add(number, `must not be longer than ${LINE_OCTETS_MAX} octets`);
  }
  if (length > 0) problems.add(number, 'must end with a line feed. The file is cut short');
}

function wrongFormat(format: number, version: string): string {
  if (format < BACKUP_FORMAT) return `format must be from 1 to ${BACKUP_FORMAT}`;
  return `format is ${format}, of Lifeguard ${version}. This version reads formats up to ${BACKUP_FORMAT}: use a newer one`;
}

/** Parses a line; undefined: it has a problem. */
function parsed<T>(line: string, shape: Shape, number: number, problems: LineProblems): T | undefined {
  return parseRecord<T>(line, shape, (flaw) => problems.add(number, wordsOf(flaw)), LINE_OCTETS_MAX);
}

function wordsOf({ field, rule }: Flaw): string {
  return field === '' ? rule : `${field} ${rule}`;
}

function documentOf(line: string, number: number, problems: LineProblems): StoredDocument | undefined {
  type Line = Ref & { readonly value: unknown };
  const found = parsed<Line>(line, DOCUMENT_LINE_SHAPE, number, problems);
  if (found === undefined) return undefined;
  const { kind, id, value } = found;
  const flaw = valueFlaw(found, value);
  if (flaw === undefined) return { kind, id, revision: 0, value } as unknown as StoredDocument;
  problems.add(number, wordsOf(flaw));
  return undefined;
}

function sameCounts(
  written: Readonly<Record<string, number>>,
  counted: ReadonlyMap<string, number>,
): boolean {
  const kinds = new Set([...Object.keys(written), ...counted.keys()]);
  return [...kinds].every((kind) => (written[kind] ?? 0) === (counted.get(kind) ?? 0));
}

/** Finds what is wrong with documents together. */
async function judgeTogether({ head, documents }: Backup, problems: LineProblems): Promise<void> {
  const isLong = createPieces();
  const damaged = new Set(head.damaged);
  const lines = new Map<string, number>();
  const owners = new Map<string, number>();
  for (const [i, document] of documents.entries()) {
    const line = i + 2;
    const name = documentName(document);
    const first = lines.get(name);
    if (first !== undefined) problems.add(line, `id must be unique: line ${first} has ${name}, too`);
    lines.set(name, line);
    for (const value of claimsOf(document).unique) {
      const key = `${document.kind}/${value}`;
      const owner = owners.get(key);
      if (owner !== undefined)
        problems.add(line, `must have another name: line ${owner} is called ${value}, too`);
      owners.set(key, line);
    }
    const rest = isLong();
    if (rest) await rest;
  }
  for (const [i, document] of documents.entries()) {
    for (const reference of referencesOf(document)) {
      const name = documentName(reference);
      if (lines.has(name)) continue;
      const why = damaged.has(name) ? '. It could not be read when the backup was made' : '';
      problems.add(i + 2, `refers to ${name}, which the backup does not have${why}`);
    }
    const rest = isLong();
    if (rest) await rest;
  }
}

/** What must be there for a document. A store does not ask it of the zone of a record, but a record without one is deleted. */
function referencesOf(document: StoredDocument): readonly Ref[] {
  if (document.kind !== 'record') return claimsOf(document).references;
  const { zoneId } = document.value;
  return zoneId === undefined ? [] : [{ kind: 'zone', id: zoneId }];
}
