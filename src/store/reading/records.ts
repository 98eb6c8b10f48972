import { orderKey } from '../../dns/canonical-order.ts';
import { formatName, parseName } from '../../dns/name.ts';
import { recordOctets } from '../../pool/limits.ts';
import { OrderedMap, type OrderedMapEdit } from '../../zone/contents/ordered-map.ts';
import { byAge, type DnsRecord } from '../../zone/dns-record.ts';
import type { Zone } from '../../zone/zone.ts';

/** A record, a stored document of this kind. */
export interface StoredRecord {
  readonly kind: 'record';
  readonly id: string;
  readonly revision: number;
  readonly value: DnsRecord;
}

/** Names the zone of records: one made over the API by its document, one of the configuration file by its name alone. */
export interface RecordsZone {
  /** Lower case, no final dot. */
  readonly zoneName: string;
  readonly zoneId?: string | undefined;
}

/** Names the records of a zone that is served. */
export function recordsZoneOf({ apex, id }: Pick<Zone, 'apex' | 'id'>): RecordsZone {
  return { zoneName: formatName(apex).replace(/(?<=.)\.$/, ''), zoneId: id };
}

/** The records of one zone. */
export interface ZoneRecords {
  readonly size: number;
  /** Their octets (recordOctets), together. */
  readonly octets: number;
  /** The newest revision that wrote one of them, as far as it was seen. */
  readonly newestRevision: number;
  /** By the orderKey() of their owner; those of an owner in the order of their age (byAge). */
  readonly owners: OrderedMap<readonly StoredRecord[]>;
}

/** No records. */
export const NO_ZONE_RECORDS: ZoneRecords = {
  size: 0,
  octets: 0,
  newestRevision: 0,
  owners: OrderedMap.of(),
};

/** Returns the key of an owner in ZoneRecords.owners. */
export function ownerKeyOf({ name }: Pick<DnsRecord, 'name'>): string {
  return orderKey(parseName(name));
}

/**
 * All records of a reading. They never change: a change makes others, which share nearly everything, so that it costs
 * the same however many there are.
 */
export class Records {
  static readonly NONE = new Records(OrderedMap.of(), OrderedMap.of());
  readonly #byId: OrderedMap<StoredRecord>;
  /** By the key of their zone (keyOf). */
  readonly #zones: OrderedMap<ZoneRecords>;

  private constructor(byId: OrderedMap<StoredRecord>, zones: OrderedMap<ZoneRecords>) {
    this.#byId = byId;
    this.#zones = zones;
  }

  /** The records among these documents, in whatever order they come. */
  static of(records: Iterable<StoredRecord>): Records {
    const edit = Records.NONE.edit();
    for (const record of records) edit.put(record);
    return edit.done();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The same of all of them. Takes time by the number of zones. */
  get octets(): number {
    let sum = 0;
    for (const [, { octets }] of this.#zones.from()) sum += octets;
    return sum;
  }

  get(id: string): StoredRecord | undefined {
    return this.#byId.get(id);
  }

  /** The records of a zone. */
  inZone(zone: RecordsZone): ZoneRecords {
    return this.#zones.get(keyOf(zone)) ?? NO_ZONE_RECORDS;
  }

  /** The records at a name of a zone, oldest first. */
  at(zone: RecordsZone, name: string): readonly StoredRecord[] {
    return this.inZone(zone).owners.get(ownerKeyOf({ name })) ?? [];
  }

  /** The zones that have records, with these. */
  *zones(): IterableIterator<readonly [RecordsZone, ZoneRecords]> {
    for (const [key, records] of this.#zones.from()) yield [zoneOf(key), records];
  }

  /** All of them, in the order of their identifiers. */
  *all(): IterableIterator<StoredRecord> {
    for (const [, record] of this.#byId.from()) yield record;
  }

  /** The zones of which the records are others in `after`. */
  static changedZones(before: Records, after: Records): RecordsZone[] {
    return OrderedMap.differences(before.#zones, after.#zones).map(({ key }) => zoneOf(key));
  }

  /** Begins a change of many. */
  edit(): RecordsEdit {
    return createEdit(this.#byId.edit(), this.#zones.edit(), (byId, zones) => new Records(byId, zones));
  }
}

/** A change of many records, between the steps of which other work may go on. */
export interface RecordsEdit {
  /** Adds a record, or replaces the one of its identifier. */
  put(record: StoredRecord): void;
  delete(id: string): void;
  /** Returns the records that the changes make. The edit cannot be used after it. */
  done(): Records;
}

/** A zone in an edit. */
interface ZoneEdit {
  size: number;
  octets: number;
  newestRevision: number;
  readonly owners: OrderedMapEdit<readonly StoredRecord[]>;
}

function createEdit(
  byId: OrderedMapEdit<StoredRecord>,
  zones: OrderedMapEdit<ZoneRecords>,
  made: (byId: OrderedMap<StoredRecord>, zones: OrderedMap<ZoneRecords>) => Records,
): RecordsEdit {
  const edited = new Map<string, ZoneEdit>();
  /** Lists that this edit made, and may change. */
  const own = new Set<readonly StoredRecord[]>();

  function zoneAt(key: string): ZoneEdit {
    return edited.getOrInsertComputed(key, () => {
      const { size, octets, newestRevision, owners } = zones.get(key) ?? NO_ZONE_RECORDS;
      return { size, octets, newestRevision, owners: owners.edit() };
    });
  }

  /** The list at an owner, copied where others have it too. */
  function ownList({ owners }: ZoneEdit, key: string): StoredRecord[] {
    const list = owners.get(key) ?? [];
    if (own.has(list)) return list as StoredRecord[];
    const copy = list.slice();
    own.add(copy);
    owners.set(key, copy);
    return copy;
  }

  function remove(was: StoredRecord): void {
    const zone = zoneAt(keyOf(was.value));
    const key = ownerKeyOf(was.value);
    const list = ownList(zone, key);
    list.splice(list.indexOf(was), 1);
    if (list.length === 0) zone.owners.delete(key);
    zone.size -= 1;
    zone.octets -= recordOctets(was.value);
  }

  return {
    put(record) {
      const was = byId.get(record.id);
      if (was !== undefined) remove(was);
      byId.set(record.id, record);
      const zone = zoneAt(keyOf(record.value));
      const list = ownList(zone, ownerKeyOf(record.value));
      let at = list.length;
      while (at > 0 && byAge(list[at - 1]!.value, record.value) > 0) at -= 1;
      list.splice(at, 0, record);
      zone.size += 1;
      zone.octets += recordOctets(record.value);
      zone.newestRevision = Math.max(zone.newestRevision, record.revision);
    },
    delete(id) {
      const was = byId.get(id);
      if (was === undefined) return;
      byId.delete(id);
      remove(was);
    },
    done() {
      for (const [key, { size, octets, newestRevision, owners }] of edited)
        if (size === 0) zones.delete(key);
        else zones.set(key, { size, octets, newestRevision, owners: owners.done() });
      return made(byId.done(), zones.done());
    },
  };
}

/** The key of a zone: its name, and its document where it has one. */
function keyOf({ zoneName, zoneId }: RecordsZone): string {
  return zoneId === undefined ? zoneName : `${zoneName} ${zoneId}`;
}

function zoneOf(key: string): RecordsZone {
  const [zoneName = '', zoneId] = key.split(' ');
  return { zoneName, ...(zoneId !== undefined && { zoneId }) };
}
