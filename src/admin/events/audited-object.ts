import type { AuditEvent, LeftOut } from '../../event/event.ts';
import type { Documents, Kind } from '../../store/contract/documents.ts';
import { isKind, kindOf } from '../resource/kinds.ts';

/** Formats the object of an audit event, before or after the change, as its resource does; null: it did not exist. */
export function auditedView(value: unknown, { object, atMs }: AuditEvent): unknown {
  if (value === null) return null;
  if ((value as Partial<LeftOut>).leftOut) return { left_out: true, length: (value as LeftOut).length };
  // A newer version may have kinds that this one does not know.
  if (!isKind(object.kind)) return undefined;
  const { eventView } = kindOf<Kind>(object.kind);
  return eventView(value as Documents[Kind], { atMs, poolName: object.pool?.name });
}
