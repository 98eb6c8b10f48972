import type { AuditEvent } from '../../event/event.ts';
import { createPieces } from '../../pace/next-turn.ts';
import { shallow } from '../../pool/shape.ts';
import {
  CHANGES_MAX,
  type Committed,
  type Kind,
  REFERRERS_MAX,
  type Ref,
  type Refusal,
  type Write,
} from '../contract/documents.ts';
import { StoreDamaged } from '../contract/failure.ts';
import { deletionsAfter, formatDeletions } from '../integrity/deletions.ts';
import { newLink } from '../integrity/epoch.ts';
import { parseRecord } from '../record/record.ts';
import { entriesText, entryText } from './change.ts';
import type { Database } from './database/database.ts';
import { keepEvents } from './events.ts';
import { keepLink } from './integrity/kept-links.ts';
import {
  readDeletions,
  readDeletionsSince,
  suspectIn,
  type TallyUpdate,
  updateTally,
} from './integrity/tally.ts';

/** Events kept before a look at the clock. */
export const EVENTS_PIECE = 32;

/** Applies all writes in one new revision and keeps the events, or none of it, a few at a time. */
export async function commitWrites(
  database: Database,
  writes: readonly Write[],
  audit: readonly AuditEvent[],
  meta: { readonly epoch: string; readonly revision: number; readonly ifAtRevision: number | undefined },
): Promise<Committed> {
  const { revision: present, epoch } = meta;
  if (writes.length === 0) return { ok: true, revision: present };
  if (meta.ifAtRevision !== undefined && meta.ifAtRevision !== present)
    return { ok: false, refusal: { kind: 'behind', at: 0 } };
  const lost = suspectIn(database, epoch);
  if (lost !== undefined) throw new StoreDamaged(lost);
  const revision = present + 1;
  const tally = updateTally(database, present);
  const link = newLink();
  const isLong = createPieces();
  return database.longTransaction<Committed>(
    async () => {
      const kept: string[] = [];
      const zones = new Set<string>();
      for (const [at, write] of writes.entries()) {
        const rest = isLong();
        if (rest) await rest;
        const value = write.op === 'put' ? JSON.stringify(write.value) : undefined;
        const refusal =
          write.op === 'put'
            ? put(database, write, { at, value: value!, revision, tally })
            : remove(database, write, at, tally);
        if (refusal !== undefined) return { ok: false, refusal };
        const zone = write.op === 'delete' ? readableZone(database, write.zone) : undefined;
        if (zone !== undefined) zones.add(zone);
        kept.push(entryText(write, value, zone));
      }
      for (const zone of zones) {
        const rest = isLong();
        if (rest) await rest;
        const again = writeAgain(database, zone, revision, tally);
        if (again !== undefined) kept.push(again);
      }
      const entries = entriesText(kept, link, tally.previous, readDeletionsSince(database, present));
      database.run('INSERT INTO change VALUES (?, ?)', revision, entries);
      database.run('DELETE FROM change WHERE revision <= ?', revision - CHANGES_MAX);
      database.run(`INSERT OR REPLACE INTO meta VALUES ('revision', ?)`, revision);
      tally.keep(revision, link);
      keepLink(database, revision, link);
      noteDeletions(database, present, { revision, writes });
      for (let at = 0; at < audit.length; at += EVENTS_PIECE) {
        keepEvents(
          database,
          audit.slice(at, at + EVENTS_PIECE).map((event) => ({ ...event, revision })),
        );
        const rest = isLong();
        if (rest) await rest;
      }
      return { ok: true, revision };
    },
    (committed) => committed.ok,
  );
}

function put(
  database: Database,
  write: Extract<Write, { op: 'put' }>,
  {
    at,
    value: text,
    revision,
    tally,
  }: {
    readonly at: number;
    readonly value: string;
    readonly revision: number;
    readonly tally: TallyUpdate;
  },
): Refusal | undefined {
  const { kind, id } = write;
  const was = revisionOf(database, write);
  if (!holds(write, was)) return { kind: 'conflict', at };
  for (const value of write.unique) {
    const owner = database.one('SELECT id FROM unique_value WHERE kind = ? AND value = ?', kind, value)?.id;
    if (owner !== undefined && owner !== id) return { kind: 'not_unique', at, value, id: String(owner) };
  }
  for (const reference of write.references) {
    const toItself = reference.kind === kind && reference.id === id;
    if (toItself) continue;
    const found = revisionOf(database, reference);
    if (found === 0) return { kind: 'dangling', at, reference: { kind: reference.kind, id: reference.id } };
    if (found !== (reference.ifRevision ?? found)) return { kind: 'conflict', at };
  }
  if (hasOtherReferrers(database, write)) return { kind: 'conflict', at };
  tally.moved(write, was, revision);
  // What is not there claims nothing, unless the file is damaged.
  const claims = write.unique.length + write.references.length;
  if (was > 0 || claims > 0) release(database, write);
  database.run('INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?)', kind, id, revision, text);
  for (const value of write.unique)
    database.run('INSERT OR REPLACE INTO unique_value VALUES (?, ?, ?)', kind, value, id);
  for (const to of write.references)
    database.run('INSERT OR IGNORE INTO reference VALUES (?, ?, ?, ?)', to.kind, to.id, kind, id);
  return undefined;
}

/** Returns the id of a zone, or undefined where the document of it cannot be read. One that is gone can. */
function readableZone(database: Database, id: string | undefined): string | undefined {
  const value = id && database.one(`SELECT value FROM document WHERE kind = 'zone' AND id = ?`, id)?.value;
  return value === undefined || parseRecord(value, shallow, () => {}) !== undefined ? id : undefined;
}

/** Writes the document of a zone again, as it is, since something of the zone was deleted. Returns the entry for followers; undefined: it is gone, or this revision wrote it. */
function writeAgain(
  database: Database,
  id: string,
  revision: number,
  tally: TallyUpdate,
): string | undefined {
  const ref = { kind: 'zone', id } as const;
  const was = revisionOf(database, ref);
  if (was === 0 || was === revision) return undefined;
  const value = String(database.one(`SELECT value FROM document WHERE kind = 'zone' AND id = ?`, id)?.value);
  tally.moved(ref, was, revision);
  database.run(`UPDATE document SET revision = ? WHERE kind = 'zone' AND id = ?`, revision, id);
  return entryText({ op: 'put', ...ref }, value);
}

/** Notes what this revision deletes (store/integrity/deletions.ts). */
function noteDeletions(
  database: Database,
  present: number,
  { revision, writes }: { readonly revision: number; readonly writes: readonly Write[] },
): void {
  const now = deletionsAfter(readDeletions(database, present), { revision, entries: writes });
  database.run(`INSERT OR REPLACE INTO meta VALUES ('deletions', ?)`, formatDeletions(now, revision));
}

/** Whether documents refer to this one that its writer does not know of. */
function hasOtherReferrers(
  database: Database,
  { kind, id, ifReferrers }: Extract<Write, { op: 'put' }>,
): boolean {
  if (ifReferrers === undefined) return false;
  const known = new Set(ifReferrers.ids);
  return database
    .all(
      `SELECT from_id AS id FROM reference
       WHERE to_kind = ? AND to_id = ? AND from_kind = ? AND NOT (from_kind = to_kind AND from_id = to_id)`,
      kind,
      id,
      ifReferrers.kind,
    )
    .some((row) => !known.has(String(row.id)));
}

function remove(
  database: Database,
  write: Extract<Write, { op: 'delete' }>,
  at: number,
  tally: TallyUpdate,
): Refusal | undefined {
  const { kind, id } = write;
  const was = revisionOf(database, write);
  if (!holds(write, was)) return { kind: 'conflict', at };
  if (was === 0) return { kind: 'not_found', at };
  const by = database.all(
    `SELECT from_kind AS kind, from_id AS id FROM reference
     WHERE to_kind = ? AND to_id = ? AND NOT (from_kind = to_kind AND from_id = to_id)
     ORDER BY from_kind, from_id LIMIT ?`,
    kind,
    id,
    REFERRERS_MAX,
  );
  if (by.length > 0) {
    const refs = by.map((row): Ref => ({ kind: row.kind as Kind, id: String(row.id) }));
    return { kind: 'referenced', at, by: refs };
  }
  tally.moved(write, was, 0);
  release(database, write);
  database.run('DELETE FROM document WHERE kind = ? AND id = ?', kind, id);
  return undefined;
}

/** Forgets what the document claimed and referred to. */
function release(database: Database, { kind, id }: Ref): void {
  database.run('DELETE FROM unique_value WHERE kind = ? AND id = ?', kind, id);
  database.run('DELETE FROM reference WHERE from_kind = ? AND from_id = ?', kind, id);
}

function holds(write: Write, present: number): boolean {
  return write.ifRevision === undefined || write.ifRevision === present;
}

/** The revision that last wrote the document; 0 when there is none. */
function revisionOf(database: Database, { kind, id }: Ref): number {
  return Number(
    database.one('SELECT revision FROM document WHERE kind = ? AND id = ?', kind, id)?.revision ?? 0,
  );
}
