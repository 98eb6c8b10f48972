import type { AuditEvent, HealthEvent, ReportedEvent, Trail } from '../../event/event.ts';

/** An event as it was kept, and its place among the others. */
export type StoredEvent = (
  | HealthEvent
  | ReportedEvent
  /** With the revision that the change became. */
  | (AuditEvent & { readonly revision: number })
) & {
  /** Opaque; pass it to read on. */
  readonly cursor: string;
};

/** Holds the events. */
export interface EventStore {
  /**
   * Up to `limit` events of one trail, or of all in the order in which they were kept, newest first, older than `before`
   * where given; none for a `before` that is no cursor.
   */
  events(limit: number, before?: string, trail?: Trail): Promise<readonly StoredEvent[]>;
  /**
   * Up to `limit` events of one trail, or of all, oldest first, that came after the one with this cursor; after none:
   * from the oldest that is kept. What is no longer kept is left out (see reaches). None for an `after` that is no cursor.
   */
  eventsAfter(after: string | undefined, limit: number, trail?: Trail): Promise<readonly StoredEvent[]>;
  /**
   * Whether all events of the trail after this cursor are still kept. false also where the event itself was the last to
   * be forgotten, and for what is no cursor.
   */
  reaches(cursor: string, trail: Trail): Promise<boolean>;
}
