import type { Event } from '../../event/event.ts';
import { objectOf, type Shape, shallow } from '../../pool/shape.ts';
import type { StoredEvent } from '../contract/events.ts';
import { AUDIT_CHARACTERS_MAX, isCount, parseRecord, type SetAside } from './record.ts';
import { EVENT_SHAPE } from './report-shapes.ts';

const ANY = objectOf({}, { kind: shallow });
const KIND_FIRST: Shape = (value) => ANY(value) ?? EVENT_SHAPE(withKind(value as object));

/**
 * An event from what is kept of it; undefined: it is set aside. Events of the time when there was one kind only say none:
 * they are of health.
 */
export function eventOf(
  record: unknown,
  cursor: string,
  revision?: number,
  setAside: SetAside = () => {},
): StoredEvent | undefined {
  const kept = parseRecord<object & { readonly revision?: number }>(
    record,
    KIND_FIRST,
    setAside,
    AUDIT_CHARACTERS_MAX,
  );
  if (kept === undefined) return undefined;
  const event = { ...withKind(kept), cursor } as Event & { cursor: string };
  if (event.kind !== 'audit') return event;
  const became = revision ?? kept.revision;
  if (!isCount(became)) return void setAside({ field: 'revision', rule: 'must be a whole number from 0' });
  return { ...event, revision: became };
}

function withKind(event: object): object {
  return { kind: 'health', ...event };
}
