import { printRdata } from '../../src/rdata/rdata.ts';
import { recordTypeNumber } from '../../src/rdata/record-type.ts';
import { type Records, recordsZoneOf } from '../../src/store/reading/records.ts';
import type { Zone } from '../../src/zone/zone.ts';
import { rdataOf } from '../rdata/of-type.ts';
import { dnsRecord } from '../store/contract/samples.ts';
import fc from '../support/property.ts';
import { record, relative, under } from './arbitrary-authority.ts';

/** A change of one record of the API in one of the zones, whatever rules it breaks there. */
const anyEdit = fc.record({
  zone: fc.nat(4),
  id: fc.nat(30).map(String),
  isGone: fc.constantFrom(false, false, false, true),
  name: relative,
  record,
  ttl: fc.constantFrom(1, 60, 300),
  isFlattened: fc.constantFrom(false, false, true),
  createdOn: fc.constantFrom('1', '2', '3'),
});
type Edit = typeof anyEdit extends fc.Arbitrary<infer T> ? T : never;

/** Changes of records that are made together. */
export const anyEdits: fc.Arbitrary<readonly Edit[]> = fc.array(anyEdit, { maxLength: 12 });

/** Makes changes of the records of zones. */
export function edited(
  before: Records,
  zones: readonly Zone[],
  edits: readonly Edit[],
  revision: number,
): Records {
  const edit = before.edit();
  for (const { zone: at, id, isGone, name, record: of, ttl, isFlattened, createdOn } of edits) {
    if (isGone) {
      edit.delete(id);
      continue;
    }
    const zone = zones[at % zones.length]!;
    const { zoneName } = recordsZoneOf(zone);
    const type = recordTypeNumber(of.type)!;
    const content = printRdata(type, rdataOf(of.type, of.text));
    const value = dnsRecord(id, {
      zoneName,
      name: under(name, zoneName),
      type: of.type,
      content,
      ttl,
      ...(isFlattened && { settings: { flatten_cname: true } }),
      createdOn,
    });
    edit.put({ kind: 'record', id, revision, value });
  }
  return edit.done();
}

/** The zones with records: the same object for a zone that has those it had. */
export function withRecords(zones: readonly Zone[], records: Records): Zone[] {
  return zones.map((zone) => {
    const { size, owners } = records.inZone(recordsZoneOf(zone));
    const { records: had, ...bare } = zone;
    if (size === 0) return had === undefined ? zone : bare;
    return had === owners ? zone : { ...zone, records: owners };
  });
}

/** The names of all records. */
export function namesOf(records: Records): string[] {
  return [...records.all()].map(({ value }) => `${value.name}.`);
}
