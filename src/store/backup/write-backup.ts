import { createHash } from 'node:crypto';
import { createPieces } from '../../pace/next-turn.ts';
import {
  type Configuration,
  documentName,
  KINDS_IN_ORDER,
  type StoredDocument,
} from '../contract/documents.ts';
import { documentsOf } from '../reading/of-kind.ts';
import { BACKUP_FORMAT, type BackupEnd, type BackupHead } from './backup.ts';

/** Characters that are handed on at once. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * Makes the backup of a reading, piece by piece, as fast as they are taken. Records of a zone that is gone, which are about to be
 * deleted, are left out.
 */
export async function* writeBackup(
  read: Configuration,
  about: Pick<BackupHead, 'lifeguard' | 'madeOn'>,
): AsyncGenerator<string> {
  const { epoch, revision, damaged, loss } = read;
  const digest = createHash('sha256');
  const isLong = createPieces();
  const counts: Record<string, number> = {};
  const head: BackupHead = {
    format: BACKUP_FORMAT,
    ...about,
    epoch,
    revision,
    damaged: damaged?.documents.map(documentName) ?? [],
    ...lossOf(damaged?.unnamed ?? 0, loss),
  };
  let piece = `${JSON.stringify(head)}\n`;
  for (const { kind, id, value } of documentsInOrder(read)) {
    counts[kind] = (counts[kind] ?? 0) + 1;
    piece += `${JSON.stringify({ kind, id, value })}\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    digest.update(piece);
    yield piece;
    piece = '';
    const rest = isLong();
    if (rest) await rest;
  }
  digest.update(piece);
  const end: BackupEnd = { documents: counts, sha256: digest.digest('hex') };
  yield `${piece}${JSON.stringify(end)}\n`;
}

function lossOf(unnamed: number, loss: string | undefined): Pick<BackupHead, 'loss'> {
  const more = unnamed > 0 ? `${unnamed} documents of unknown names cannot be read` : undefined;
  const all = [loss, more].filter((each) => each !== undefined);
  return all.length > 0 ? { loss: all.join(', and ') } : {};
}

/** Lists all documents, each after those that it refers to. */
function* documentsInOrder(read: Configuration): Generator<StoredDocument> {
  const { documents, records, damaged, loss } = read;
  for (const kind of KINDS_IN_ORDER) yield* documentsOf(documents, kind);
  if (records === undefined) return;
  const zones = new Set(documentsOf(documents, 'zone').map(({ id }) => id));
  for (const { kind, id } of damaged?.documents ?? []) if (kind === 'zone') zones.add(id);
  const isUncertain = loss !== undefined || (damaged?.unnamed ?? 0) > 0;
  for (const [{ zoneId }, { owners }] of records.zones()) {
    if (zoneId !== undefined && !zones.has(zoneId) && !isUncertain) continue;
    for (const [, list] of owners.from()) yield* list;
  }
}
