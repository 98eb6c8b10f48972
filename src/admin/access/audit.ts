import type { AuditEvent, LeftOut } from '../../event/event.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { Override } from '../../pool/override.ts';
import type { Documents, Kind, StoredDocument, Write } from '../../store/contract/documents.ts';
import { type ResourceKind, withoutSecrets } from '../resource/kind.ts';
import { kindOf } from '../resource/kinds.ts';
import type { Call } from './call.ts';

/** Maximum octets of JSON of an object before, and after, a change in an audit event. */
export const AUDITED_MAX = 16_384;
/** Maximum octets of JSON in the audit events of one commit, in equal parts for each object. */
export const AUDITED_COMMIT_MAX = 1_048_576;

/** A write, and the value before it, if any. */
export interface Changed {
  readonly write: Write;
  readonly before: StoredDocument['value'] | undefined;
  /** JSON pointer to the document in the request body; absent: it is the body. */
  readonly at?: string;
}

/** Makes the audit events of one commit, a few at a time; `poolNames` has the names of the pools of overrides, by identifier. */
export async function auditOf(
  { caller, method, atMs, isAuditedTogether }: Call,
  changes: readonly Changed[],
  poolNames: ReadonlyMap<string, string>,
): Promise<AuditEvent[]> {
  if (isAuditedTogether && changes.length > 1) return [togetherOf({ caller, method, atMs }, changes)];
  const max = Math.min(AUDITED_MAX, Math.floor(AUDITED_COMMIT_MAX / (2 * changes.length)));
  const isLong = createPieces();
  const events: AuditEvent[] = [];
  for (const { write, before } of changes) {
    const rest = isLong();
    if (rest) await rest;
    const after = write.op === 'put' ? write.value : undefined;
    const kind = kindOf<Kind>(write.kind);
    const present = after ?? before;
    const name = present && kind.nameOf(present);
    const pool = overriddenPool({ write, before });
    const poolName = pool && poolNames.get(pool);
    events.push({
      kind: 'audit',
      token: caller.name,
      method,
      object: {
        kind: write.kind,
        id: write.id,
        ...(name ? { name } : {}),
        ...(pool && poolName ? { pool: { id: pool, name: poolName } } : {}),
      },
      before: kept(kind, before, max),
      after: kept(kind, after, max),
      atMs,
    });
  }
  return events;
}

/** Makes one event of changes of one kind. In the place of the objects it has the length of the first one. */
function togetherOf(
  { caller, method, atMs }: Pick<Call, 'caller' | 'method' | 'atMs'>,
  changes: readonly Changed[],
): AuditEvent {
  const { write, before } = changes[0]!;
  const kind = kindOf<Kind>(write.kind);
  const after = write.op === 'put' ? write.value : undefined;
  const name = `${kind.nameOf((after ?? before)!)} and ${changes.length - 1} more`;
  const object = { kind: write.kind, id: write.id, name };
  const [was, now] = [before, after].map((value) => kept(kind, value, 0));
  return { kind: 'audit', token: caller.name, method, object, before: was, after: now, atMs };
}

/** Returns the identifier of the pool when a change is of an override. */
export function overriddenPool({ write, before }: Changed): string | undefined {
  if (write.kind !== 'override') return undefined;
  return ((write.op === 'put' ? write.value : before) as Override | undefined)?.pool;
}

/** Returns a document without its secrets, or its length when it is too long. */
function kept<K extends Kind>(kind: ResourceKind<K>, value: Documents[K] | undefined, max: number): unknown {
  if (value === undefined) return null;
  const open = withoutSecrets(kind, value);
  const length = Buffer.byteLength(JSON.stringify(open));
  return length <= max ? open : ({ leftOut: true, length } satisfies LeftOut);
}
