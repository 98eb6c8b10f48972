import type { CheckKey } from '../../check/check.ts';
import type { HealthEvent } from '../../event/event.ts';
import type { Observation, ObservationKey } from '../../health/observation.ts';
import type { Publication } from '../../store/contract/observations.ts';

/** Maximum of observations, and of drops, in one publication, so that one worker cannot occupy the store. */
export const PUTS_MAX = 1_000;
/** Maximum of events in one publication. */
export const EVENTS_PER_PUBLICATION_MAX = 1_000;
/** Maximum of events that wait to be published. Beyond it the oldest are lost. */
export const EVENTS_PENDING_MAX = 10_000;

/**
 * The observations, drops and events that wait to be published. Only the newest observation of a check waits, so the
 * size is bounded by the number of checks. It stays urgent where the one that it replaced was.
 */
export interface Outbox {
  /** Adds an observation. `drops` are published together with it. */
  put(observation: Observation, changed: boolean, drops: readonly ObservationKey[]): void;
  /** Adds a drop of an observation, and removes what waits of it. */
  drop(key: ObservationKey): void;
  add(events: readonly HealthEvent[]): void;
  /** Takes out the next publication: urgent ones first, the rest only when `all`; undefined: nothing waits. */
  take(all: boolean): Publication | undefined;
  /** Puts back a publication that failed. Newer observations of its checks stay. */
  restore(publication: Publication): void;
  /** true: something urgent waits. */
  readonly hasNews: boolean;
  readonly isEmpty: boolean;
  /** Number of observations that wait. */
  readonly puts: number;
  readonly eventsLost: number;
}

interface Entry {
  readonly observation: Observation;
  readonly changed: boolean;
}

/** Creates an empty outbox. */
export function createOutbox(): Outbox {
  const news = new Map<CheckKey, Observation>();
  const rest = new Map<CheckKey, Observation>();
  /** Drops that are published together with the observation of a check. */
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
