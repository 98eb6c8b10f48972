import type { Monitor } from '../../check/monitor.ts';
import type { AuditEvent, LeftOut } from '../../event/event.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { Override } from '../../pool/override.ts';
import type { StoredDocument, Write } from '../../store/store.ts';
import { REDACTED } from '../../telemetry/log.ts';
import type { Call } from './call.ts';

/** Maximum octets of JSON of an object before, and after, a change in an audit event. */
export const AUDITED_MAX = 16_384;
/** Maximum octets of JSON in the audit events of one commit, in equal parts for each object. */
export const AUDITED_COMMIT_MAX = 1_048_576;

/** Header fields of requests that are not credentials. */
const HARMLESS_FIELDS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-type',
  'host',
  'user-agent',
]);

/** A write, and the value before it, if any. */
export interface Changed {
  readonly write: Write;
  readonly before: StoredDocument['value'] | undefined;
}

/** Makes the audit events of one commit, a few at a time; `poolNames` has the names of the pools of overrides, by identifier. */
export async function auditOf(
  { caller, method, atMs }: Call,
  changes: readonly Changed[],
  poolNames: ReadonlyMap<string, string>,
): Promise<AuditEvent[]> {
  const max = Math.min(AUDITED_MAX, Math.floor(AUDITED_COMMIT_MAX / (2 * changes.length)));
  const isLong = createPieces();
  const events: AuditEvent[] = [];
  for (const { write, before } of changes) {
    const rest = isLong();
    if (rest) await rest;
    const after = write.op === 'put' ? write.value : undefined;
    const name = nameOf(after ?? before);
    const pool = overriddenPool({ write, before });
    const poolName = pool && poolNames.get(pool);
    events.push({
      kind: 'audit',
      token: caller.name,
      method,
      object: {
        kind: write.kind,
        id: write.id,
        ...(name === undefined ? {} : { name }),
        ...(pool && poolName ? { pool: { id: pool, name: poolName } } : {}),
      },
      before: kept(before, max),
      after: kept(after, max),
      atMs,
    });
  }
  return events;
}

/** Returns the identifier of the pool when a change is of an override. */
export function overriddenPool({ write, before }: Changed): string | undefined {
  if (write.kind !== 'override') return undefined;
  return ((write.op === 'put' ? write.value : before) as Override | undefined)?.pool;
}

function nameOf(value: object | undefined): string | undefined {
  const { name, description } = (value ?? {}) as { name?: string; description?: string };
  return name || description || undefined;
}

/** Returns an object without its secrets, or its length when it is too long. */
function kept(value: object | undefined, max: number): unknown {
  if (value === undefined) return null;
  const { hash: _, ...rest } = value as { hash?: string; header?: Monitor['header'] };
  const open = rest.header ? { ...rest, header: withoutSecrets(rest.header) } : rest;
  const length = Buffer.byteLength(JSON.stringify(open));
  return length <= max ? open : ({ leftOut: true, length } satisfies LeftOut);
}

/**
 * Redacts header fields of a monitor for events, except those that are known to be harmless. A credential would otherwise stay
 * in events, where every token can read it, even after it was removed from the monitor.
 */
function withoutSecrets(header: NonNullable<Monitor['header']>): Monitor['header'] {
  const fields = Object.entries(header).map(([name, values]) => [
    name,
    HARMLESS_FIELDS.has(name.toLowerCase()) ? values : values.map(() => REDACTED),
  ]);
  return Object.fromEntries(fields) as Monitor['header'];
}
