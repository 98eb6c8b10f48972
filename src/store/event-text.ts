import type { Event } from '../pool/event.ts';
import type { StoredEvent } from './store.ts';

/** An event from what is kept of it. Events of the time when there was one kind only say none: they are of health. */
export function eventOf(text: string, cursor: string, revision?: number): StoredEvent {
  const event = { kind: 'health', ...(JSON.parse(text) as object), cursor } as Event & {
    cursor: string;
  };
  return event.kind === 'audit' ? { ...event, revision: revision! } : event;
}
