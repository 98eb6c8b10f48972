import type { CheckKey } from '../../check/check.ts';
import type { HealthEvent } from '../../event/event.ts';
import type { Observation, ObservationKey } from '../../health/observation.ts';
import type { Publication } from '../../store/store.ts';

/** Observations, and as many drops, in one publication: a store must not be held up by one worker. */
export const PUTS_MAX = 1_000;
/** Events in one publication. */
export const EVENTS_PER_PUBLICATION_MAX = 1_000;
/** Events kept while they cannot be published; the oldest are lost beyond it. */
export const EVENTS_PENDING_MAX = 10_000;

/**
 * What waits to be published. Of a check only the newest observation waits, so that the size is bounded by the number
 * of checks; what made it news is not forgotten when a newer one takes its place.
 */
export interface Outbox {
  /** `drops` go out together with the observation. */
  put(observation: Observation, changed: boolean, drops: readonly ObservationKey[]): void;
  /** Forgets an observation; what waits of it is not published. */
  drop(key: ObservationKey): void;
  add(events: readonly HealthEvent[]): void;
  /** Takes the next publication out: news first, and the rest only when `all`; undefined: there is nothing. */
  take(all: boolean): Publication | undefined;
  /** Puts back what could not be published; what came in meanwhile wins. */
  restore(publication: Publication): void;
  /** Something waits that followers must hear of. */
  readonly hasNews: boolean;
  readonly isEmpty: boolean;
  /** Observations that wait. */
  readonly puts: number;
  readonly eventsLost: number;
}

interface Entry {
  readonly observation: Observation;
  readonly changed: boolean;
}

/** An empty outbox. */
export function createOutbox(): Outbox {
  const news = new Map<CheckKey, Observation>();
  const rest = new Map<CheckKey, Observation>();
  /** Drops that wait for the observation of a check. */
  const following = new Map<CheckKey, Map<string, ObservationKey>>();
  const drops = new Map<string, ObservationKey>();
  let events: HealthEvent[] = [];
  let eventsLost = 0;

  function put({ observation, changed }: Entry): void {
    const { check } = observation;
    drops.delete(nameOf(observation));
    if (changed || news.has(check)) {
      rest.delete(check);
      news.set(check, observation);
    } else rest.set(check, observation);
  }

  function boundEvents(): void {
    const excess = events.length - EVENTS_PENDING_MAX;
    if (excess <= 0) return;
    events = events.slice(excess);
    eventsLost += excess;
  }

  function takeFrom(
    waiting: Map<CheckKey, Observation>,
    changed: boolean,
    into: Entry[],
    dropped: ObservationKey[],
  ) {
    for (const [check, observation] of waiting) {
      if (into.length >= PUTS_MAX) return;
      waiting.delete(check);
      into.push({ observation, changed });
      dropped.push(...(following.get(check)?.values() ?? []));
      following.delete(check);
    }
  }

  return {
    put(observation, changed, together) {
      put({ observation, changed });
      if (together.length === 0) return;
      const known = following.get(observation.check) ?? new Map<string, ObservationKey>();
      for (const key of together) known.set(nameOf(key), key);
      following.set(observation.check, known);
    },
    drop({ check, region, worker }) {
      const key = { check, region, worker };
      for (const waiting of [news, rest]) if (waiting.get(check)?.worker === worker) waiting.delete(check);
      drops.set(nameOf(key), key);
      if (news.has(check) || rest.has(check)) return;
      for (const [name, left] of following.get(check) ?? []) drops.set(name, left);
      following.delete(check);
    },
    add(more) {
      for (const event of more) events.push(event);
      boundEvents();
    },
    take(all) {
      const puts: Entry[] = [];
      const dropped: ObservationKey[] = [];
      takeFrom(news, true, puts, dropped);
      if (all) takeFrom(rest, false, puts, dropped);
      for (const [name, key] of drops) {
        if (dropped.length >= PUTS_MAX) break;
        drops.delete(name);
        dropped.push(key);
      }
      const first = events.slice(0, EVENTS_PER_PUBLICATION_MAX);
      events = events.slice(first.length);
      if (puts.length + dropped.length + first.length === 0) return undefined;
      return { put: puts, drop: dropped, events: first };
    },
    restore(publication) {
      for (const { observation, changed } of publication.put) {
        const { check } = observation;
        if (drops.has(nameOf(observation))) continue;
        const newer = news.get(check) ?? rest.get(check);
        put({ observation: newer ?? observation, changed });
      }
      for (const key of publication.drop) {
        const waiting = news.get(key.check) ?? rest.get(key.check);
        if (waiting === undefined || nameOf(waiting) !== nameOf(key)) drops.set(nameOf(key), key);
      }
      events = [...publication.events, ...events];
      boundEvents();
    },
    get hasNews() {
      return news.size + drops.size + events.length > 0;
    },
    get isEmpty() {
      return news.size + rest.size + drops.size + events.length === 0;
    },
    get puts() {
      return news.size + rest.size;
    },
    get eventsLost() {
      return eventsLost;
    },
  };
}

function nameOf({ check, region, worker }: ObservationKey): string {
  return JSON.stringify([check, region, worker]);
}
