import type { RRset } from '../../dns/rrset.ts';
import { recordTypeNumber } from '../../rdata/record-type.ts';
import { type LeftOut, type NameReading, readName } from '../authoring/records-at-name.ts';
import type { HeldRecord } from '../dns-record.ts';
import { setsAnswered } from '../steered.ts';
import type { Zone } from '../zone.ts';
import { byOwner } from './by-owner.ts';
import { OrderedMap } from './ordered-map.ts';

/** The record sets at each owner of a zone, the SOA apart: of its own, of the API and of load balancers. Keys are those of orderKey(). */
export interface Owners {
  /** The sets that are answered at an owner; undefined: it has none. */
  get(key: string): readonly RRset[] | undefined;
  /** Returns true where an owner has records of a type. It costs less than to get them. */
  has(key: string, type: number): boolean;
  /**
   * The owners in canonical order, those before a key left out, with their sets. `silent` is called with the keys of names that have
   * records, but none that is answered.
   */
  from(key?: string, silent?: (key: string) => void): IterableIterator<[string, readonly RRset[]]>;
  /** The first owner after this one, which need not be there; undefined: there is none. */
  keyAfter(key: string): string | undefined;
  /** Returns true where there is an owner below a name. It reads no records of names that are not. */
  hasBelow(key: string): boolean;
  /** The records of the API at an owner that are not answered, because they break a rule. */
  leftOut(key: string): readonly LeftOut[];
}

const NONE = OrderedMap.of<never>();
const NOTHING: NameReading = { sets: [], leftOut: [] };

/** Returns the owners of a zone. Nothing is kept for them: sets of the API are read from their records where they are asked for. */
export function ownersOf(zone: Zone): Owners {
  const { records = NONE, steered = NONE } = zone;
  const authored = byOwner(zone.rrsets);
  const layers: readonly OrderedMap<unknown>[] = [authored, records, steered];

  /** The name that was read last: several questions about one name read its records once. */
  let lastKey: string | undefined;
  let last: NameReading = NOTHING;

  function read(key: string, held: readonly HeldRecord[]): NameReading {
    if (key === lastKey) return last;
    last = readName(zone, authored.get(key) ?? [], held);
    lastKey = key;
    return last;
  }

  function get(key: string): readonly RRset[] | undefined {
    const own = authored.get(key) ?? [];
    const held = records.get(key);
    const chosen = steered.get(key);
    if (held === undefined && chosen === undefined) return own.length === 0 ? undefined : own;
    const made = held === undefined ? [] : read(key, held).sets;
    const all = setsAnswered([...own, ...made, ...(chosen ?? [])]);
    return all.length === 0 ? undefined : all;
  }

  /** The first key after this one in any layer, whatever is there. */
  function nextKey(key: string): string | undefined {
    let next: string | undefined;
    for (const layer of layers) {
      const after = layer.keyAfter(key);
      if (after !== undefined && (next === undefined || after < next)) next = after;
    }
    return next;
  }

  /** The first owner after a key whose own key begins with `prefix`, before any whose does not. */
  function keyAfter(key: string, prefix = ''): string | undefined {
    let next = nextKey(key);
    // An owner whose records all break a rule does not exist.
    while (next?.startsWith(prefix) && records.get(next) !== undefined && get(next) === undefined)
      next = nextKey(next);
    return next?.startsWith(prefix) ? next : undefined;
  }

  return {
    get,
    has(key, type) {
      if (authored.get(key)?.some((set) => set.type === type)) return true;
      const held = records.get(key);
      if (!held?.some(({ value }) => recordTypeNumber(value.type) === type)) return false;
      return get(key)?.some((set) => set.type === type) ?? false;
    },
    *from(first = '', silent = () => {}) {
      const entries = layers.map((layer) => layer.from(first));
      const heads = entries.map((each) => each.next());
      for (;;) {
        let least: string | undefined;
        for (const head of heads)
          if (!head.done && (least === undefined || head.value[0] < least)) least = head.value[0];
        if (least === undefined) return;
        for (const [i, head] of heads.entries())
          if (!head.done && head.value[0] === least) heads[i] = entries[i]!.next();
        const sets = get(least);
        if (sets !== undefined) yield [least, sets];
        else silent(least);
      }
    },
    keyAfter: (key) => keyAfter(key),
    hasBelow: (key) => keyAfter(key, key) !== undefined,
    leftOut(key) {
      const held = records.get(key);
      return held === undefined ? [] : read(key, held).leftOut;
    },
  };
}

/** Zones that have everything in one list of sets, by the zone that they were made of. */
const whole = new WeakMap<Zone, Zone>();

/** Returns a zone that has everything in one list of sets, as a plain reader of all of it wants it. Made once for each zone. */
export function inOneList(zone: Zone): Zone {
  if (zone.records === undefined && zone.steered === undefined) return zone;
  return whole.getOrInsertComputed(zone, () => {
    const { records: _, steered: __, ...rest } = zone;
    return { ...rest, rrsets: [...ownersOf(zone).from()].flatMap(([, sets]) => sets) };
  });
}
