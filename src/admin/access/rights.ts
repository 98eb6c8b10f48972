import { poolNameKey } from '../../pool/pool-name.ts';
import { mayUseRecord, type RecordPlace, type RecordRights, rightsWords } from '../../pool/record-rights.ts';
import type { DocumentStore, Documents, Kind } from '../../store/contract/documents.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import { apiError } from '../http/errors.ts';
import { withoutSecrets } from '../resource/kind.ts';
import { kindOf } from '../resource/kinds.ts';
import { isObjectId } from '../schema/object-id.ts';
import type { Changed } from './audit.ts';
import type { Caller } from './call.ts';
import { isWriting } from './call.ts';
import { checkMonitorUse } from './monitor-use.ts';

/** Throws ApiError when a token may not use a method at all. */
export function checkMethod({ scope }: Caller, method: string): void {
  if (scope === 'read' && isWriting(method)) throw apiError('noRight', { what: 'change anything' });
}

/** Throws ApiError unless a token may do everything. */
export function checkAdmin({ scope }: Caller, what: string): void {
  if (scope !== 'admin') throw apiError('noRight', { what });
}

/** The parts of a request that are known before its body. */
export interface Asked {
  readonly method: string;
  /** The path of its route, with the names of its parameters. */
  readonly route: string;
  /** The kind of documents that its route writes; absent: none, or its handler checks. */
  readonly writes?: Kind | undefined;
  /** Identifier of the object in its path. */
  readonly id?: string | undefined;
}

/**
 * Throws ApiError for a request that its token may not make, whatever its body, so that no body is read for it. The rights for the
 * written objects are checked later (checkChanges).
 */
export async function checkRoute(
  caller: Caller,
  { method, route, writes: kind, id }: Asked,
  store: Pick<DocumentStore, 'get'>,
): Promise<void> {
  checkMethod(caller, method);
  if (caller.records !== undefined) checkBound(caller.records, method, route);
  if (caller.scope === 'admin' || !isWriting(method)) return;
  if (kind === undefined) return;
  if (kind === 'token') throw apiError('noRight', { what: method === 'POST' ? 'make tokens' : 'end tokens' });
  if (!isEditable(kind)) throw apiError('noRight', { what: `change a ${kind}` });
  if (caller.poolPrefix === undefined) return;
  const what = route.endsWith('/preview') ? 'try monitors on' : 'change';
  if (kind === 'monitor' || kind === 'monitor_group') return checkPoolNames(caller, [''], what);
  if (id === undefined || !isObjectId(id)) return;
  checkPoolNames(caller, await poolNamesIn<Kind>(kind, (await store.get(kind, id))?.value, store), what);
}

/** Routes that a token which is bound to records may use: its zones, their records, and what clients ask before. */
const OF_BOUND = [
  /^\/client\/v4(?:\/user|\/accounts\/:account_id)?\/tokens\/verify\/?$/,
  /^\/lifeguard\/v1\/whoami\/?$/,
  /^\/client\/v4\/(?:memberships|accounts(?:\/:account_id)?)\/?$/,
  /^\/client\/v4\/zones(?:\/:id|\/:zone_id\/(?:dns_records(?:\/.*)?|dns_settings|pagerules))?\/?$/,
];

function checkBound({ names, types }: RecordRights, method: string, route: string): void {
  const isRecords = /\/dns_records\b/.test(route);
  if (!OF_BOUND.some((each) => each.test(route)) || (isWriting(method) && !isRecords))
    throw apiError('noRight', { what: 'use anything but zones and records' });
  if (/\/dns_records\/export\/?$/.test(route) && (names || types))
    throw apiError('noRight', { what: 'export a zone of which it sees only some records' });
}

/** Throws ApiError where one of these changes is not of records to which a token is bound. */
function checkRecords(rights: RecordRights, changes: readonly Changed[]): void {
  for (const { write, before } of changes) {
    if (write.kind !== 'record') throw apiError('noRight', { what: `change a ${write.kind}` });
    const now = write.op === 'put' ? write.value : undefined;
    for (const record of [before as DnsRecord | undefined, now])
      if (record !== undefined) checkRecord(rights, record);
  }
}

/** Throws ApiError for a record that is none of those to which a token is bound. */
export function checkRecord(rights: RecordRights, record: RecordPlace): void {
  if (mayUseRecord(rights, record)) return;
  const what = `change ${record.name} ${record.type}, but only ${rightsWords(rights)}`;
  throw apiError('noRight', { what });
}

/** Throws ApiError when a token may not make one of these changes. */
export async function checkChanges(
  caller: Caller,
  changes: readonly Changed[],
  store: DocumentStore,
): Promise<void> {
  checkMethod(caller, 'PUT');
  if (caller.scope === 'admin') return;
  // A load balancer may come with its pools.
  const made = new Map(
    changes.flatMap(({ write }) =>
      write.op === 'put' && write.kind === 'pool' ? [[write.id, write.value.name]] : [],
    ),
  );
  if (caller.records !== undefined) return checkRecords(caller.records, changes);
  for (const { write, before } of changes) {
    if (!isEditable(write.kind)) throw apiError('noRight', { what: `change a ${write.kind}` });
    if (caller.poolPrefix === undefined) continue;
    const now = write.op === 'put' ? write.value : undefined;
    for (const value of [before, now])
      checkPoolNames(caller, await poolNamesIn<Kind>(write.kind, value, store, made), 'change');
  }
  await checkMonitorUse(caller, changes, store);
}

/** Returns a document as a token may see it: without its secrets, when the token has a prefix. */
export function visibleTo<K extends Kind>(
  { poolPrefix }: Caller,
  kind: K,
  value: Documents[K],
): Documents[K] {
  return poolPrefix === undefined ? value : withoutSecrets(kindOf(kind), value);
}

/** Throws ApiError when a token is limited to pools with its prefix, and one of these names does not have it. */
export function checkPoolNames({ poolPrefix }: Caller, names: readonly string[], what: string): void {
  if (poolPrefix === undefined) return;
  if (names.every((name) => poolNameKey(name).startsWith(poolNameKey(poolPrefix)))) return;
  throw apiError('noRight', { what: `${what} objects outside of pools with the prefix ${poolPrefix}` });
}

/** Returns true when an edit token may change documents of a kind. */
function isEditable(kind: Kind): boolean {
  return kindOf(kind).writers === 'edit';
}

/** Returns the names of the pools of a document; an empty name, which has no prefix, for a document of no pool or of any. `made` has the names of pools that change at the same time, by identifier. */
async function poolNamesIn<K extends Kind>(
  kind: K,
  value: Documents[K] | undefined,
  store: Pick<DocumentStore, 'get'>,
  made: ReadonlyMap<string, string> = new Map(),
): Promise<string[]> {
  if (value === undefined) return [];
  const pools = kindOf(kind).poolsOf(value);
  if (pools === undefined) return [''];
  const names = pools.map(async (pool) =>
    'name' in pool ? pool.name : (made.get(pool.id) ?? (await store.get('pool', pool.id))?.value.name ?? ''),
  );
  return Promise.all(names);
}
