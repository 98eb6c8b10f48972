import { COUNTED_NAMES_MAX, Counter } from '../../answer/counters.ts';
import { formatName, type WireName } from '../../dns/name.ts';

/** A name as metrics show it: without the final dot. */
export function shownName(name: WireName): string {
  return formatName(name).replace(/(?<=.)\.$/, '');
}

/** What queries are counted of, besides zones. */
export type CountedKind = 'pool' | 'load_balancer';

/** A number of queries, and what they were for. */
export interface CountedQueries {
  readonly kind: CountedKind;
  /** The name as it is shown. */
  readonly name: string;
  readonly queries: number;
}

/** Gives the ordinals under which the table has queries for pools and load balancers counted. */
export interface CountedNames {
  /** The ordinal of a name, which it keeps until free(); 0, where COUNTED_NAMES_MAX others have one. `key`: identifies it among its kind. */
  take(kind: CountedKind, key: string, name: string): number;
  free(kind: CountedKind, key: string): void;
  /** Notes that the ordinal of a zone is another zone's from now on. */
  zoneCame(ordinal: number): void;
  /** Queries for each name that has an ordinal, since it has it. */
  readonly queries: Iterable<CountedQueries>;
  /** Queries for the zone of an ordinal, since it is that zone's. */
  queriesOfZone(ordinal: number): number;
}

/** Creates an empty list. `countAt` returns what all threads have counted at a place of their blocks (Counter). */
export function createCountedNames(countAt: (place: number) => number): CountedNames {
  const named = new Map<string, { kind: CountedKind; name: string; ordinal: number; before: number }>();
  const freed: number[] = [];
  /** The number of queries that each ordinal of a zone had when its zone came. */
  const zonesBefore = new Map<number, number>();
  let next = 1;
  const keyOf = (kind: CountedKind, key: string) => `${kind}/${key}`;
  return {
    take(kind, key, name) {
      const known = named.get(keyOf(kind, key));
      if (known !== undefined) {
        known.name = name;
        return known.ordinal;
      }
      const ordinal = freed.pop() ?? (next <= COUNTED_NAMES_MAX ? next++ : 0);
      if (ordinal !== 0)
        named.set(keyOf(kind, key), { kind, name, ordinal, before: countAt(Counter.NAMES + ordinal) });
      return ordinal;
    },
    free(kind, key) {
      const known = named.get(keyOf(kind, key));
      if (known === undefined) return;
      named.delete(keyOf(kind, key));
      freed.push(known.ordinal);
    },
    zoneCame(ordinal) {
      zonesBefore.set(ordinal, countAt(Counter.ZONES + ordinal));
    },
    get queries() {
      return named.values().map(({ kind, name, ordinal, before }) => ({
        kind,
        name,
        queries: countAt(Counter.NAMES + ordinal) - before,
      }));
    },
    queriesOfZone: (ordinal) => countAt(Counter.ZONES + ordinal) - (zonesBefore.get(ordinal) ?? 0),
  };
}
