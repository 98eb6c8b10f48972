import { mayUseRecord, mayUseZone, type RecordPlace } from '../../pool/record-rights.ts';
import { presentCall } from './call.ts';

/** Returns true for a zone that the token of the present request may use; outside of a request, all. */
export function seesZone(zoneName: string): boolean {
  const rights = presentCall()?.caller.records;
  return rights === undefined || mayUseZone(rights, zoneName);
}

/** Returns what the token of the present request may see of records; undefined: all. */
export function recordsSeen(): ((record: RecordPlace) => boolean) | undefined {
  const rights = presentCall()?.caller.records;
  return rights && ((record) => mayUseRecord(rights, record));
}
