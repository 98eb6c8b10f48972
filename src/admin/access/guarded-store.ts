import type { AuditEvent } from '../../event/event.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { Pool } from '../../pool/pool.ts';
import {
  type Committed,
  type StoredDocument,
  WRITES_MAX,
  type Write,
} from '../../store/contract/documents.ts';
import { StoreUncertain } from '../../store/contract/failure.ts';
import type { Store } from '../../store/store.ts';
import { apiError } from '../http/errors.ts';
import { withEndedOverrides } from '../overrides/ended.ts';
import { createOrphanSweep, type OrphanSweep } from '../records/orphans.ts';
import { WRITE_ATTEMPTS_MAX } from '../resource/write.ts';
import { auditOf, type Changed, overriddenPool } from './audit.ts';
import { type Call, presentCall, seenKey } from './call.ts';
import { checkPrecondition } from './entity-tag.ts';
import type { Limiter } from './limiter.ts';
import { checkChanges } from './rights.ts';
import { changedProperties } from './write-log.ts';

/** Documents that are asked for at a time. */
const READ_AT_ONCE = 64;

/**
 * Wraps the store for requests. Every commit is checked against the rights of the token and against `If-Match`, deletes the
 * overrides of endpoints that it removes, and is stored with its audit events. The store does this, not each route, so that no
 * route can forget it. A commit throws ApiError for a missing right or a failed precondition, and an Error outside of a request,
 * which is a bug. The records of a deleted zone are deleted after it. A commit makes its own audit events; it may name the revision at which it was judged.
 */
export function guardStore(
  store: Store,
  limiter: Limiter,
  orphans: OrphanSweep = createOrphanSweep(store),
): Store {
  async function commit(
    wanted: readonly Write[],
    _audit?: readonly AuditEvent[],
    atRevision?: number,
  ): Promise<Committed> {
    if (wanted.length === 0) return store.commit(wanted);
    const call = presentCall();
    if (call === undefined) throw new Error('a commit outside of any request');
    for (let attempt = 1; ; attempt += 1) {
      const found = await presentOf(store, call, wanted);
      const poolBefore = (id: string) => found.get(seenKey('pool', id))?.value as Pool | undefined;
      const { writes, ended, originOf } = await withEndedOverrides(store, wanted, poolBefore);
      for (const each of ended) found.set(seenKey(each.kind, each.id), each);
      // Each write by itself is within the bound, but not with all the overrides that end by it.
      if (writes.length > WRITES_MAX) throw apiError('tooManyWrites', { max: WRITES_MAX });
      const changes = changesOf(writes, found);
      await checkChanges(call.caller, changes, store);
      for (const { id, revision } of found.values()) checkPrecondition(call, id, revision);
      const poolNames = await poolNamesOf(store, changes);
      const audit = await auditOf(call, changes, poolNames);
      const endsZone = writes.some(({ op, kind }) => op === 'delete' && kind === 'zone');
      const committed = await limiter
        .commit(
          call.caller,
          changes,
          (ifAtRevision) => store.commit(pinned(writes, found), audit, ifAtRevision),
          atRevision,
        )
        .catch((error: unknown) => {
          // The zone may be gone all the same.
          if (endsZone && error instanceof StoreUncertain) orphans.begin();
          throw error;
        });
      if (committed.ok) {
        call.changed = changedProperties(changes);
        if (endsZone) orphans.begin();
        return committed;
      }
      const refusal = { ...committed.refusal, at: originOf(committed.refusal.at) };
      if (refusal.kind !== 'conflict') return { ok: false, refusal };
      const isTheirs = wanted[refusal.at]!.ifRevision !== undefined;
      call.seen.clear();
      if (isTheirs || attempt === WRITE_ATTEMPTS_MAX) return { ok: false, refusal };
    }
  }

  return Object.assign(Object.create(store) as Store, {
    commit,
    get: async (kind: StoredDocument['kind'], id: string) => {
      const found = await store.get(kind, id);
      const call = presentCall();
      if (call === undefined || found === undefined) return found;
      call.seen.set(seenKey(kind, id), found);
      checkPrecondition(call, id, found.revision);
      return found;
    },
  });
}

/**
 * Returns the present documents of these writes: those that the call has seen in the wanted revision, and the others as
 * read now.
 */
async function presentOf(
  store: Store,
  { seen }: Call,
  writes: readonly Write[],
): Promise<Map<string, StoredDocument>> {
  const found = new Map<string, StoredDocument>();
  const isLong = createPieces();
  async function find({ kind, id, ifRevision }: Write): Promise<void> {
    if (ifRevision === 0) return;
    const key = seenKey(kind, id);
    const known = seen.get(key);
    const isExact = known !== undefined && known.revision === ifRevision;
    const document: StoredDocument | undefined = isExact ? known : await store.get(kind, id);
    if (document !== undefined) found.set(key, document);
  }
  for (let at = 0; at < writes.length; at += READ_AT_ONCE) {
    await Promise.all(writes.slice(at, at + READ_AT_ONCE).map(find));
    const rest = isLong();
    if (rest) await rest;
  }
  return found;
}

/** The names of the pools that overrides are about, by identifier; of pools that are gone there is none. */
async function poolNamesOf(store: Store, changes: readonly Changed[]): Promise<Map<string, string>> {
  const ids = new Set(changes.map(overriddenPool).filter((id) => id !== undefined));
  const found = await Promise.all([...ids].map((id) => store.get('pool', id)));
  return new Map(found.flatMap((pool) => (pool ? [[pool.id, pool.value.name]] : [])));
}

/** Returns each write with the document that it finds, which an earlier one of these writes may have made. */
function changesOf(writes: readonly Write[], found: ReadonlyMap<string, StoredDocument>): Changed[] {
  const left = new Map<string, StoredDocument['value'] | undefined>();
  return writes.map((write) => {
    const key = seenKey(write.kind, write.id);
    const before = left.has(key) ? left.get(key) : found.get(key)?.value;
    left.set(key, write.op === 'put' ? write.value : undefined);
    return { write, before };
  });
}

/** Makes the writes conditional on the documents that were found, so that rights and audit are about what is replaced, and names the zones of what they delete. */
function pinned(writes: readonly Write[], found: ReadonlyMap<string, StoredDocument>): Write[] {
  const written = new Set<string>();
  return writes.map((write) => {
    const key = seenKey(write.kind, write.id);
    const isFirst = !written.has(key);
    written.add(key);
    if (!isFirst) return write;
    const before = found.get(key);
    const zone = write.op === 'delete' && before !== undefined ? onlyZoneOf(before) : undefined;
    return { ...write, ifRevision: write.ifRevision ?? before?.revision ?? 0, ...(zone && { zone }) };
  });
}

/** The id of the zone, made over the API, whose serial alone the deletion of a document raises; undefined: it has none, or others too. */
function onlyZoneOf({ kind, value }: StoredDocument): string | undefined {
  if (kind === 'record') return value.zoneId;
  // The serials of zones that it left follow from its document, which goes.
  return kind === 'load_balancer' && !value.leftZones?.length ? value.zoneId : undefined;
}
