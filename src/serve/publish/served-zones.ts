import type { Change, StoredDocument } from '../../store/store.ts';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import { conflictOf, readAuthoredZone } from '../../zone/authoring/read-authored-zone.ts';
import type { Zone } from '../../zone/zone.ts';

/** Zones a node serves, those of its configuration file among them; further ones are left out. */
export const SERVED_ZONES_MAX = 4_000;

/** The zones of the configuration file, and beside them those made over the API. */
export interface ServedZones {
  /** Takes all documents in; returns whether the zones are others now. */
  load(documents: readonly StoredDocument[]): boolean;
  /** Takes one revision in; returns whether the zones are others now. */
  apply(change: Change): boolean;
  /** Whether the store holds zones. */
  readonly hasAuthored: boolean;
  /** The same object for a zone as long as it is as it was. */
  readonly all: readonly Zone[];
}

/**
 * Serves `configured`, which win: an authored zone that conflicts with one of them, or with an older authored one, or
 * that cannot be read, is told to `refused` and left out, on every node alike. The API lets none of these in; two
 * requests at the same time may.
 */
export function createServedZones(
  configured: readonly Zone[],
  refused: (zone: AuthoredZone, why: string) => void,
): ServedZones {
  let authored = new Map<string, AuthoredZone>();
  const read = new WeakMap<AuthoredZone, ReturnType<typeof readAuthoredZone>>();
  let all = configured;

  function readOnce(zone: AuthoredZone): ReturnType<typeof readAuthoredZone> {
    const known = read.get(zone) ?? readAuthoredZone(zone);
    read.set(zone, known);
    return known;
  }

  function choose(): void {
    const chosen = [...configured];
    for (const zone of [...authored.values()].sort(byAge)) {
      const reading = readOnce(zone);
      const conflict = reading.ok ? conflictOf(reading.zone, chosen) : reading.problems[0]!.message;
      if (reading.ok && conflict === undefined && chosen.length < SERVED_ZONES_MAX) chosen.push(reading.zone);
      else refused(zone, conflict ?? `is one too many: ${SERVED_ZONES_MAX} are served`);
    }
    all = chosen;
  }

  return {
    load(documents) {
      const found = documents.filter((document) => document.kind === 'zone');
      if (found.length === 0 && authored.size === 0) return false;
      authored = new Map(found.map(({ id, value }) => [id, value]));
      choose();
      return true;
    },
    apply({ entries }) {
      let isTouched = false;
      for (const entry of entries) {
        const { kind, id } = entry.op === 'put' ? entry.document : entry;
        if (kind !== 'zone') continue;
        isTouched = true;
        if (entry.op === 'put' && entry.document.kind === 'zone') authored.set(id, entry.document.value);
        else authored.delete(id);
      }
      if (isTouched) choose();
      return isTouched;
    },
    get hasAuthored() {
      return authored.size > 0;
    },
    get all() {
      return all;
    },
  };
}

function byAge(a: AuthoredZone, b: AuthoredZone): number {
  return `${a.createdOn} ${a.id}` < `${b.createdOn} ${b.id}` ? -1 : 1;
}
