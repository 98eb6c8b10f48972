import { foldName, formatName, parentOf, parseName, type WireName } from '../../dns/name.ts';
import { Type } from '../../dns/type.ts';
import { parseRdata } from '../../rdata/rdata.ts';
import { RdataError } from '../../rdata/rdata-error.ts';
import type { StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { isFlattened } from '../../zone/authoring/records-at-name.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import type { Zone } from '../../zone/zone.ts';
import type { Problem } from '../http/problem.ts';
import { configuredZone } from '../zones/known-zone.ts';
import type { ChangedRecord } from './neighbours.ts';
import { withoutFinalDot } from './owner-name.ts';

/** Returns true for the name of a zone of this server: in lower case, without the final dot. */
export type HasZone = (name: string) => boolean;

/** Makes a HasZone of the zones of the store and of the configuration file. It collects their names when it is first asked. */
export function hasZoneIn(documents: readonly StoredDocument[], configured: readonly Zone[]): HasZone {
  let names: ReadonlySet<string> | undefined;
  return (name) => {
    names ??= new Set([
      ...documentsOf(documents, 'zone').map(({ value }) => value.name),
      ...configured.map((zone) => configuredZone(zone).name),
    ]);
    return names.has(name);
  };
}

/**
 * Finds changed CNAMEs that answer with the addresses of their target, while that is no name of this server: no other server is asked while a
 * query is answered. A record that led there before is no problem.
 */
export function flatteningProblems(
  zoneName: string,
  changed: readonly ChangedRecord[],
  hasZone: HasZone,
): Problem[] {
  const apex = parseName(zoneName);
  return changed.flatMap(({ before, after, at }): Problem[] => {
    if (after === undefined || !isFlattened(after, apex)) return [];
    const was = before?.value;
    if (was?.content === after.content && isFlattened(was, apex)) return [];
    const target = foldName(parseRdata(Type.CNAME, after.content));
    return isOurs(target, hasZone)
      ? []
      : [{ pointer: at, rule: '', sentence: foreign(after, apex, target), error: 'recordRule' }];
  });
}

/** Whether a record has no address, as it stands for the addresses of a name that is in no zone of this server. */
export function isForeign(zoneName: string, record: DnsRecord, hasZone: HasZone): boolean {
  if (!isFlattened(record, parseName(zoneName))) return false;
  try {
    return !isOurs(foldName(parseRdata(Type.CNAME, record.content)), hasZone);
  } catch (error) {
    // Another program wrote what is no name.
    if (error instanceof RdataError) return false;
    throw error;
  }
}

function foreign({ name }: DnsRecord, apex: WireName, target: WireName): string {
  const why =
    parseName(name).length === apex.length
      ? 'it is at the apex of its zone'
      : 'its settings have flatten_cname: true';
  return `Record "${name}" CNAME answers with the addresses of its target, because ${why}. ${formatName(target)} is in no zone of this server, which asks no other server for addresses. Choose a target here, or write A and AAAA records.`;
}

function isOurs(target: WireName, hasZone: HasZone): boolean {
  for (let at: WireName | undefined = target; at !== undefined; at = parentOf(at))
    if (hasZone(withoutFinalDot(formatName(at)))) return true;
  return false;
}
