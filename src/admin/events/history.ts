import type { StoredEvent } from '../../store/contract/events.ts';
import { timestamp } from '../schema/timestamp.ts';

/** A change of a state at a time, milliseconds since the epoch. */
interface Change {
  readonly atMs: number;
  readonly was: string;
  readonly now: string;
}

/** A time in which a state stayed the same. */
export interface Span {
  readonly from: string;
  readonly until: string;
  readonly state: string;
}

/** A length of time, milliseconds since the epoch. */
export interface Range {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What the history of a pool is made of. */
export interface PoolHistory {
  /** Events of the pool, oldest first, from the beginning of the range on, also after its end. */
  readonly events: readonly StoredEvent[];
  readonly range: Range;
  /** The present state of the pool, and of its endpoints by name. */
  readonly present: { readonly pool: string; readonly endpoints: ReadonlyMap<string, string> };
}

/** State of a target without an override in force. */
const NO_OVERRIDE = 'none';

/** Returns the states of a pool and its endpoints over a range, and the overrides in force, as lengths of time. */
export function poolHistory({ events, range, present }: PoolHistory) {
  const changes = changesIn(events);
  const statesOf = (endpoint: string | undefined, state: string) =>
    spansOf(changes.get(endpoint)?.states ?? [], range, state);
  const overridesOf = (endpoint?: string) =>
    spansOf(changes.get(endpoint)?.overrides ?? [], range, NO_OVERRIDE).filter(
      ({ state }) => state !== NO_OVERRIDE,
    );
  return {
    since: timestamp(range.sinceMs),
    until: timestamp(range.untilMs),
    states: statesOf(undefined, present.pool),
    overrides: overridesOf(),
    endpoints: [...present.endpoints].map(([name, state]) => ({
      name,
      states: statesOf(name, state),
      overrides: overridesOf(name),
    })),
  };
}

/** Gathers the changes of each endpoint by its name, and those of the pool itself by undefined: each event is looked at once. */
function changesIn(
  events: readonly StoredEvent[],
): ReadonlyMap<string | undefined, { readonly states: Change[]; readonly overrides: Change[] }> {
  const found = new Map<string | undefined, { states: Change[]; overrides: Change[] }>();
  const changesOf = (endpoint: string | undefined) =>
    found.getOrInsertComputed(endpoint, () => ({ states: [], overrides: [] }));
  for (const event of events) {
    const { kind, atMs } = event;
    if (kind === 'pool') changesOf(undefined).states.push({ atMs, was: event.was, now: event.now });
    if (kind === 'endpoint') changesOf(event.endpoint).states.push({ atMs, was: event.was, now: event.now });
    if (kind !== 'override') continue;
    const { was, now, action } = event;
    // What was pending has not begun, and an ended one that is deleted changes nothing.
    if ((was === 'active') === (now === 'active')) continue;
    const stateOf = (phase: string) => (phase === 'active' ? action : NO_OVERRIDE);
    changesOf(event.endpoint).overrides.push({ atMs, was: stateOf(was), now: stateOf(now) });
  }
  return found;
}

/** Returns the states over a range, by the changes from its beginning on, oldest first. `present`: the state where nothing changed. */
export function spansOf(changes: readonly Change[], { sinceMs, untilMs }: Range, present: string): Span[] {
  const spans: { fromMs: number; state: string }[] = [{ fromMs: sinceMs, state: changes[0]?.was ?? present }];
  for (const { atMs, now } of changes) {
    if (atMs >= untilMs) break;
    const last = spans.at(-1)!;
    if (last.state === now) continue;
    if (atMs <= last.fromMs) spans.pop();
    // The clocks of two nodes may differ.
    if (spans.at(-1)?.state !== now) spans.push({ fromMs: Math.max(atMs, last.fromMs), state: now });
  }
  return spans.map(({ fromMs, state }, at) => ({
    from: timestamp(fromMs),
    until: timestamp(spans[at + 1]?.fromMs ?? untilMs),
    state,
  }));
}
