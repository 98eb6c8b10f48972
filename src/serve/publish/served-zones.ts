import { isDeepStrictEqual } from 'node:util';
import { keyAbove, orderKey } from '../../dns/canonical-order.ts';
import type { Change, Configuration, StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { AUTHORED_ZONES_MAX, type AuthoredZone } from '../../zone/authored-zone.ts';
import { conflictOf, readAuthoredZone } from '../../zone/authoring/read-authored-zone.ts';
import { CONFIGURED_ZONES_MAX } from '../../zone/authoring/read-zones.ts';
import { OrderedMap, valuesUnder } from '../../zone/contents/ordered-map.ts';
import type { Zones } from '../../zone/contents/zones.ts';
import type { Zone } from '../../zone/zone.ts';
import { createZoneSerials, type SerialSource } from './zone-serials.ts';

/** Zones that a node serves, those of its configuration file among them. Further ones, which another program made, are left out. */
export const SERVED_ZONES_MAX = CONFIGURED_ZONES_MAX + AUTHORED_ZONES_MAX;

/** The zones of the configuration file, and beside them those made over the API. */
export interface ServedZones extends SerialSource {
  /** Takes all documents in; returns whether the zones are others now. */
  load(documents: readonly StoredDocument[]): boolean;
  /** Takes one revision in; returns whether the zones are others now. */
  apply(change: Change): boolean;
  /** Serves these zones of the configuration file from now on; returns whether the zones are others now. */
  configure(zones: readonly Zone[]): boolean;
  /** Takes in what serials are made of, of a configuration of which all documents were loaded. */
  number(read: Configuration): void;
  /** Whether the store holds zones. */
  readonly hasAuthored: boolean;
  /** The zones of the store that are not served, by id. Empty in a store that only the API wrote. */
  readonly unserved: ReadonlyMap<string, UnservedZone>;
  /** The same object for a zone as long as it is as it was. */
  readonly all: Zones;
}

/** A zone of the store that is not served. */
export interface UnservedZone {
  readonly id: string;
  readonly name: string;
  /** The rule that it breaks, such as `exists already`. */
  readonly why: string;
}

/** A zone that is served unless another one stands in its way. */
interface Candidate {
  readonly zone: Zone;
  /** That of its apex. */
  readonly key: string;
  readonly rank: string;
  /** Absent: it is of the configuration file. */
  readonly authored?: AuthoredZone;
}

/** Zones of the configuration file come before all others. */
const OF_THE_FILE = '';

/**
 * Serves `atStart`, the zones of the configuration file, which win: an authored zone that conflicts with one of them, or with an older authored one, or
 * that cannot be read, is left out on every node alike, and is `unserved`. The API lets none of these in; two
 * requests at the same time, a damaged store and another configuration file may.
 */
export function createServedZones(atStart: readonly Zone[]): ServedZones {
  let configured = atStart;
  const authored = new Map<string, Candidate | AuthoredZone>();
  /** By the key of their apex, all that want to be served, and those that are. */
  let candidates = OrderedMap.of<readonly Candidate[]>();
  let served = OrderedMap.of<Candidate>();
  /** Candidates that are to be decided about, in their order. */
  let waiting = OrderedMap.of<Candidate>();
  const unserved = new Map<string, UnservedZone>();
  const serials = createZoneSerials();
  let hasTooMany = false;
  /** The zones of those that are served. */
  let all: Zones = OrderedMap.of();

  function add(candidate: Candidate): void {
    const { key } = candidate;
    candidates = candidates.with(key, [...(candidates.get(key) ?? []), candidate]);
    wait(candidate);
  }

  function drop(candidate: Candidate): void {
    const { key } = candidate;
    const left = candidates.get(key)!.filter((each) => each !== candidate);
    candidates = left.length === 0 ? candidates.without(key) : candidates.with(key, left);
    waiting = waiting.without(placeOf(candidate));
    if (served.get(key) !== candidate) return;
    serve(key, undefined);
    waitBehind(candidate);
  }

  function serve(key: string, candidate: Candidate | undefined): void {
    served = candidate === undefined ? served.without(key) : served.with(key, candidate);
    all = candidate === undefined ? all.without(key) : all.with(key, candidate.zone);
  }

  function wait(candidate: Candidate): void {
    waiting = waiting.with(placeOf(candidate), candidate);
  }

  /** Has candidates decided about again that one before them may stand in the way of, or no longer does. */
  function waitBehind(first: Candidate): void {
    for (const candidate of around(candidates, first.key).flat())
      if (placeOf(candidate) > placeOf(first)) wait(candidate);
  }

  function put(id: string, revision: number, zone: AuthoredZone): void {
    remove(id);
    const reading = readAuthoredZone(zone);
    if (reading.ok) {
      const rank = `${zone.createdOn} ${zone.id}`;
      const candidate = {
        zone: { ...reading.zone, id, revision },
        key: orderKey(reading.zone.apex),
        rank,
        authored: zone,
      };
      authored.set(id, candidate);
      add(candidate);
    } else {
      authored.set(id, zone);
      refuse(zone, reading.problems[0]!.message);
    }
  }

  function refuse({ id, name }: AuthoredZone, why: string): void {
    unserved.set(id, { id, name, why });
  }

  function remove(id: string): void {
    const was = authored.get(id);
    authored.delete(id);
    unserved.delete(id);
    if (was !== undefined && isCandidate(was)) drop(was);
  }

  /** Decides about all that wait, the first ones first: those before a candidate are decided about when its turn comes. */
  function decide(): void {
    const hadTooMany = hasTooMany;
    hasTooMany = authored.size + configured.length > SERVED_ZONES_MAX;
    // Which ones are too many depends on all others.
    if (hasTooMany || hadTooMany) {
      served = OrderedMap.of();
      all = OrderedMap.of();
      waiting = OrderedMap.of([...valuesUnder(candidates, '')].flat().map((each) => [placeOf(each), each]));
    }
    for (let [next] = waiting.from(); next !== undefined; [next] = waiting.from()) {
      const [place, candidate] = next;
      waiting = waiting.without(place);
      const why = obstacleTo(candidate);
      const { key, authored } = candidate;
      if (authored !== undefined) {
        if (why === undefined) unserved.delete(authored.id);
        else refuse(authored, why);
      }
      const wasServed = served.get(key) === candidate;
      if (wasServed === (why === undefined)) continue;
      serve(key, wasServed ? undefined : candidate);
      waitBehind(candidate);
    }
  }

  /** Why a candidate cannot be served beside those before it; undefined: it can. */
  function obstacleTo(candidate: Candidate): string | undefined {
    const place = placeOf(candidate);
    const before = around(served, candidate.key).filter((each) => placeOf(each) < place);
    const conflict = conflictOf(
      candidate.zone,
      before.map(({ zone }) => zone),
    );
    if (conflict !== undefined) return conflict;
    const isTooMany = served.get(candidate.key) !== candidate && served.size >= SERVED_ZONES_MAX;
    return isTooMany ? `is one too many: ${SERVED_ZONES_MAX} are served` : undefined;
  }

  function addConfigured(zone: Zone): void {
    add({ zone, key: orderKey(zone.apex), rank: OF_THE_FILE });
  }

  for (const zone of configured) addConfigured(zone);
  decide();
  return {
    load(documents) {
      const found = documentsOf(documents, 'zone');
      if (found.length === 0 && authored.size === 0) return false;
      const kept = new Set(found.map(({ id }) => id));
      for (const id of [...authored.keys()]) if (!kept.has(id)) remove(id);
      for (const { id, revision, value } of found)
        if (!isAsItWas(authored.get(id), value)) put(id, revision, value);
      decide();
      return true;
    },
    apply(change) {
      const { revision, entries } = change;
      serials.apply(change);
      let isTouched = false;
      for (const entry of entries) {
        const { kind, id } = entry.op === 'put' ? entry.document : entry;
        if (kind !== 'zone') continue;
        isTouched = true;
        if (entry.op === 'put' && entry.document.kind === 'zone') put(id, revision, entry.document.value);
        else remove(id);
      }
      if (isTouched) decide();
      return isTouched;
    },
    configure(next) {
      const had = all;
      const wasOf = new Map(configured.map((zone) => [orderKey(zone.apex), zone]));
      // A zone that is as it was stays the same object, so that nothing of it is written again.
      configured = next.map((zone) => {
        const was = wasOf.get(orderKey(zone.apex));
        return was !== undefined && isDeepStrictEqual(was, zone) ? was : zone;
      });
      const kept = new Set(configured);
      for (const candidate of [...valuesUnder(candidates, '')].flat())
        if (candidate.rank === OF_THE_FILE && !kept.has(candidate.zone)) drop(candidate);
      for (const zone of configured) if (wasOf.get(orderKey(zone.apex)) !== zone) addConfigured(zone);
      decide();
      return all !== had;
    },
    number: serials.load,
    serialOf: serials.serialOf,
    get least() {
      return serials.least;
    },
    get leastWithPools() {
      return serials.leastWithPools;
    },
    get hasAuthored() {
      return authored.size > 0;
    },
    unserved,
    get all() {
      return all;
    },
  };
}

/** What is at the name of a key, above it and below it. */
function around<V>(values: OrderedMap<V>, key: string): V[] {
  const found = [...valuesUnder(values, key)];
  for (let at = keyAbove(key); at !== undefined; at = keyAbove(at)) {
    const above = values.get(at);
    if (above !== undefined) found.push(above);
  }
  return found;
}

/** Where a candidate is among all: those of the configuration file first, then the older ones. */
function placeOf({ rank, key }: Candidate): string {
  return `${rank} ${key}`;
}

function isCandidate(zone: Candidate | AuthoredZone): zone is Candidate {
  return 'zone' in zone;
}

/** Whether a zone was taken in as this very document. */
function isAsItWas(was: Candidate | AuthoredZone | undefined, zone: AuthoredZone): boolean {
  return was !== undefined && isCandidate(was) && was.authored === zone;
}
