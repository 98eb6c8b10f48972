import type { Configuration, DocumentStore, Write } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import {
  NO_ZONE_RECORDS,
  Records,
  type StoredRecord,
  type ZoneRecords,
} from '../../store/reading/records.ts';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import type { Zone } from '../../zone/zone.ts';
import { readRecord } from '../records/body.ts';
import { ownRecordsOf } from '../records/own-records.ts';
import { type Operation, planned, zoneKeyOf } from '../records/plan.ts';
import { timestamp } from '../schema/timestamp.ts';
import { hiddenRecordProblems } from '../zones/hidden-records.ts';
import type { KnownZone } from '../zones/known-zone.ts';
import { newZone, patched, withoutNulls } from '../zones/new-zone.ts';
import { fromConfiguration, unservedProblems, zoneDraft } from '../zones/rules.ts';
import { recordEntryOf, zoneEntryOf } from './export-zones.ts';
import type { Steps } from './steps.ts';
import type { ZoneEntry } from './zone-schema.ts';

/** The options of createZonePlanner. */
interface Planning {
  readonly epochMs: number;
  readonly newId: () => string;
  readonly store: DocumentStore;
  readonly configured: readonly Zone[];
  /** All zones there are. */
  readonly zones: readonly KnownZone[];
  readonly prune: boolean;
}

/** Plans zones and their records. */
export interface ZonePlanner {
  /** The zones as they will be. */
  readonly zones: readonly KnownZone[];
  /** Plans a zone, without its records. */
  plan(entry: ZoneEntry, pointer: string): Promise<void>;
  /** Plans the records of a zone that was planned. */
  planRecords(entry: ZoneEntry, pointer: string): Promise<void>;
  /** Removes the zones of the API that were not planned. */
  prune(): void;
}

type RecordEntry = NonNullable<ZoneEntry['records']>[number];

/** Creates what plans zones. */
export function createZonePlanner(
  { documents, records = Records.NONE }: Configuration,
  steps: Steps,
  { epochMs, newId, store, configured, zones, prune }: Planning,
): ZonePlanner {
  const stored = new Map(documentsOf(documents, 'zone').map((each) => [each.value.name, each]));
  const all = new Map(zones.map((zone) => [zone.name, zone]));
  const kept = new Set<string>();

  const zoneOf = ({ name }: ZoneEntry) => all.get(name.toLowerCase().replace(/(?<=.)\.$/, ''));

  return {
    get zones() {
      return [...all.values()];
    },
    async plan(entry, pointer) {
      const was = zoneOf(entry);
      const { name, records: _, settings, ...rest } = entry;
      const now = timestamp(epochMs);
      const id = was?.id ?? newId();
      const found = was && stored.get(was.name);
      const fresh = newZone({ configured }, entry, id, now);
      if (kept.has(fresh.name))
        steps.problems.add({ pointer: `${pointer}/name`, rule: 'is that of another zone of the document' });
      kept.add(fresh.name);
      if (was?.isConfigured) {
        for (const field of Object.keys({ ...rest, ...(settings && { settings }) }))
          steps.problems.add({
            pointer: `${pointer}/${field}`,
            rule: '',
            sentence: `${fromConfiguration(was)} Change its ${field} there.`,
          });
        return;
      }
      const base = found?.value ?? fresh;
      const given =
        settings && (withoutNulls({ ns: base.settings.ns, ...settings }) as AuthoredZone['settings']);
      const value = { ...patched(base, rest, now), ...(given && { settings: given }) };
      for (const each of await unservedProblems(store, configured, value, (path) => pathIn(path)))
        steps.problems.add({ ...each, pointer: `${pointer}${each.pointer}` });
      steps.put('zone', { id, name: fresh.name, found, pointer }, zoneDraft(value), zoneEntryOf);
      all.set(fresh.name, { ...value, isConfigured: false });
    },
    async planRecords(entry, pointer) {
      const zone = zoneOf(entry);
      if (zone === undefined) return;
      if (entry.records === undefined) {
        const was = stored.get(zone.name)?.value;
        if (was !== undefined && !zone.isConfigured)
          await planHidden(was, zone, ownersAfter(zone, []), pointer);
        return;
      }
      const present =
        zone.isConfigured || stored.has(zone.name) ? records.inZone(zoneKeyOf(zone)) : NO_ZONE_RECORDS;
      const operations = operationsOf(
        entry.records,
        zone,
        setsIn(present.owners.from()),
        `${pointer}/records`,
      );
      const place = {
        zone,
        own: await ownRecordsOf(zone, configured),
        hasZone: (name: string) => all.has(name),
      };
      const { writes, result, problems } = await planned({ records }, place, operations, epochMs);
      steps.problems.add(...problems.kept);
      const was = stored.get(zone.name)?.value;
      if (was !== undefined && !zone.isConfigured && problems.count === 0)
        await planHidden(was, zone, ownersAfter(zone, writes), pointer);
      for (const write of writes) {
        const before = records.get(write.id);
        if (write.op === 'delete') {
          if (before) steps.remove(before, 'record', nameOf(before.value));
          continue;
        }
        if (write.kind !== 'record') continue;
        const target = { id: write.id, name: nameOf(write.value), found: before, pointer };
        steps.put('record', target, { value: write.value, unique: [], references: [] }, recordEntryOf);
      }
      steps.leave(result.records.length - writes.length);
    },
    prune() {
      for (const each of stored.values())
        if (!kept.has(each.value.name)) steps.remove(each, 'zone', each.value.name);
    },
  };

  /** Finds records that the settings of a planned zone would hide. */
  async function planHidden(
    was: AuthoredZone,
    zone: AuthoredZone,
    owners: ZoneRecords['owners'],
    pointer: string,
  ): Promise<void> {
    if (was.settings === zone.settings) return;
    const problems = await hiddenRecordProblems(owners, was, zone, (path) => `${pointer}/settings/${path}`);
    steps.problems.add(...problems);
  }

  /** The records of a zone as these writes leave them. */
  function ownersAfter(zone: KnownZone, writes: readonly Write[]): ZoneRecords['owners'] {
    const edit = records.edit();
    for (const write of writes)
      if (write.op === 'delete') edit.delete(write.id);
      else if (write.kind === 'record')
        edit.put({ kind: 'record', id: write.id, revision: 0, value: write.value });
    return edit.done().inZone(zoneKeyOf(zone)).owners;
  }

  /** Makes each set of the document whole: equal records stay, others change or go. With `prune`, sets that it lacks go. */
  function operationsOf(
    entries: readonly RecordEntry[],
    zone: KnownZone,
    present: ReadonlyMap<string, StoredRecord[]>,
    pointer: string,
  ): Operation[] {
    const operations: Operation[] = [];
    const left = new Map([...present].map(([key, list]) => [key, [...list]]));
    const unmatched: { entry: RecordEntry; at: string; key: string | undefined }[] = [];
    const wanted = new Set<string>();
    for (const [i, body] of entries.entries()) {
      const at = `${pointer}/${i}`;
      const reading = readRecord(body, zone, { id: '', epochMs });
      const key = reading.ok ? setKey(reading.record) : undefined;
      if (key !== undefined) wanted.add(key);
      const rivals = key === undefined ? [] : (left.get(key) ?? []);
      const same = reading.ok
        ? rivals.findIndex(({ value }) => value.content === reading.record.content)
        : -1;
      if (same === -1) {
        unmatched.push({ entry: body, at, key });
        continue;
      }
      const [found] = rivals.splice(same, 1);
      operations.push({ op: 'put', id: found!.id, at, body });
    }
    for (const { entry: body, at, key } of unmatched) {
      const found = key === undefined ? undefined : left.get(key)?.shift();
      operations.push(
        found === undefined ? { op: 'post', id: newId(), at, body } : { op: 'put', id: found.id, at, body },
      );
    }
    const gone = [...left].filter(([key]) => prune || wanted.has(key)).flatMap(([, list]) => list);
    return [...gone.map(({ id }): Operation => ({ op: 'delete', id, at: pointer })), ...operations];
  }
}

function setsIn(owners: Iterable<readonly [string, readonly StoredRecord[]]>): Map<string, StoredRecord[]> {
  const sets = new Map<string, StoredRecord[]>();
  for (const [, list] of owners)
    for (const each of list) sets.getOrInsertComputed(setKey(each.value), () => []).push(each);
  return sets;
}

const setKey = ({ name, type }: { readonly name: string; readonly type: string }) => `${name} ${type}`;
const nameOf = setKey;

/** `ns[0].name` of the settings as the pointer `/settings/ns/0/name`. */
function pathIn(path: string): string {
  return path === '' ? '' : `/settings/${path.replaceAll('[', '.').replaceAll(']', '').replaceAll('.', '/')}`;
}
