import { poolNameKey } from '../pool/pool-name.ts';
import type { Kind, Store } from '../store/store.ts';
import type { Changed } from './audit.ts';
import type { Caller } from './call.ts';
import { isWriting } from './call.ts';
import { apiError } from './errors.ts';

/** Throws ApiError where a token may not use this method at all. */
export function checkMethod({ scope }: Caller, method: string): void {
  if (scope === 'read' && isWriting(method)) throw apiError('noRight', { what: 'change anything' });
}

/** Throws ApiError unless a token may do everything. */
export function checkAdmin({ scope }: Caller, what: string): void {
  if (scope !== 'admin') throw apiError('noRight', { what });
}

/** Throws ApiError where a token may not make one of these changes. */
export async function checkChanges(caller: Caller, changes: readonly Changed[], store: Store): Promise<void> {
  checkMethod(caller, 'PUT');
  if (caller.scope === 'admin') return;
  for (const { write, before } of changes) {
    if (!isEditable(write.kind)) throw apiError('noRight', { what: `change a ${write.kind}` });
    if (caller.poolPrefix === undefined) continue;
    const now = write.op === 'put' ? write.value : undefined;
    const names = await Promise.all([before, now].map((value) => poolNameIn(write.kind, value, store)));
    checkPoolNames(
      caller,
      names.filter((name) => name !== undefined),
      'change',
    );
  }
}

/** Throws ApiError where a token may do this only to pools with its prefix, and one of these names has it not. */
export function checkPoolNames({ poolPrefix }: Caller, names: readonly string[], what: string): void {
  if (poolPrefix === undefined) return;
  if (names.every((name) => poolNameKey(name).startsWith(poolNameKey(poolPrefix)))) return;
  throw apiError('noRight', { what: `${what} what is not of pools whose names begin with ${poolPrefix}` });
}

/** Whether an edit token may change documents of a kind. */
function isEditable(kind: Kind): boolean {
  switch (kind) {
    case 'pool':
    case 'monitor':
    case 'monitor_group':
    case 'override':
      return true;
    case 'token':
    case 'zone':
      return false;
  }
}

/** The name of the pool that a document is about; empty, which has no prefix: of none, or of many. */
async function poolNameIn(kind: Kind, value: object | undefined, store: Store): Promise<string | undefined> {
  if (value === undefined) return undefined;
  if (kind === 'pool') return (value as { name: string }).name;
  if (kind !== 'override') return '';
  const { pool } = value as { pool: string };
  return (await store.get('pool', pool))?.value.name ?? '';
}
