import type { Flaw } from '../../pool/shape.ts';

/** A damaged record of a store. It is set aside by name, as if it were not there. */
export interface DamagedRecord extends Flaw {
  /** The key of Redis, or the table of the file, that it is in; and its name in there. */
  readonly place: string;
  readonly key: string;
}

/** What a record must be that is lost. */
export const MUST_BE_THERE = 'must be there';

/** Damaged records that are known by name at a time; more are counted alone. */
export const DAMAGED_MAX = 1_000;
/** Characters of a damaged record's name that are kept: it may itself be what was damaged. */
const KEY_CHARACTERS_MAX = 200;

/** The damaged records that were found in a store, until an examination of the whole store finds others. */
export interface Damage {
  /** By the text that names them (nameOfRecord), in the order in which they were met. */
  readonly records: ReadonlyMap<string, DamagedRecord>;
  /** How many there are; above DAMAGED_MAX: more than that, of which not all may be counted, or some twice (see countText). */
  readonly count: number;
  /** Takes a damaged record in. */
  found(record: DamagedRecord): void;
  /** Replaces all that is known by what an examination of the whole store finds, and what was met meanwhile. Rejects as that does. */
  examine(examination: (found: (record: DamagedRecord) => void) => Promise<unknown>): Promise<void>;
  /** Calls back when the records changed. Call the returned function to end that. */
  watch(changed: () => void): () => void;
}

/** Creates a list without damaged records. */
export function createDamage(): Damage {
  let records = new Map<string, DamagedRecord>();
  let beyond = 0;
  /** What an examination that is under way found, and what was met meanwhile. */
  let fresh: DamagedRecord[] | undefined;
  const watchers = new Set<() => void>();
  const notify = () => {
    for (const changed of watchers) changed();
  };
  const add = (record: DamagedRecord): boolean => {
    const short = { ...record, key: shownKey(record.key) };
    const name = nameOfRecord(short);
    if (records.has(name)) return false;
    if (records.size < DAMAGED_MAX) records.set(name, short);
    else beyond += 1;
    return true;
  };
  return {
    get records() {
      return records;
    },
    get count() {
      return records.size + beyond;
    },
    found(record) {
      if (fresh !== undefined && fresh.length <= DAMAGED_MAX) fresh.push(record);
      if (add(record) && records.size < DAMAGED_MAX) notify();
    },
    async examine(examination) {
      const found: DamagedRecord[] = [];
      fresh = found;
      try {
        await examination((record) => {
          if (found.length <= DAMAGED_MAX) found.push(record);
        });
      } finally {
        fresh = undefined;
      }
      const before = [...records.keys()];
      records = new Map();
      beyond = 0;
      for (const record of found) add(record);
      if (before.length !== records.size || before.some((name) => !records.has(name))) notify();
    },
    watch(changed) {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
  };
}

/** How many damaged records there are, as text for people: those beyond DAMAGED_MAX are not all counted. */
export function countText(count: number): string {
  const most = DAMAGED_MAX.toLocaleString('en-US');
  return count > DAMAGED_MAX ? `more than ${most}` : count.toLocaleString('en-US');
}

/** Names a record for people, such as `{lifeguard}:documents pool/9f…`. */
export function nameOfRecord({ place, key }: Pick<DamagedRecord, 'place' | 'key'>): string {
  return key === '' ? place : `${place} ${key}`;
}

/** A damaged record with what is wrong with it, as one line for people. */
export function describeDamage(record: DamagedRecord): string {
  const { field, rule } = record;
  return `${nameOfRecord(record)}: ${field === '' ? rule : `${field} ${rule}`}`;
}

/** Removes from a name what a terminal would act on, such as control characters. */
function shownKey(key: string): string {
  const start = key.length > KEY_CHARACTERS_MAX ? `${key.slice(0, KEY_CHARACTERS_MAX)}…` : key;
  return start
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (found) => `\\u{${found.codePointAt(0)!.toString(16)}}`);
}
