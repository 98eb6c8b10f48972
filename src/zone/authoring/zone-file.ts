import { formatName, type WireName } from '../../dns/name.ts';
import { keyIn, type Place, report, TextError, text } from '../../input/reader.ts';
import { namesIn } from '../../rdata/rdata.ts';
import { recordTypeName } from '../../rdata/record-type.ts';
import { readZoneFile } from '../../zone-file/read-zone-file.ts';
import type { FileRecord, IncludeFile, ZoneFileText } from '../../zone-file/reading.ts';
import type { FileSoa } from '../../zone-file/soa.ts';
import type { StaticRecord } from './static-record.ts';

/** Maximum number of records of a zone file in the configuration. */
export const FILE_RECORDS_MAX = 200_000;

/** Opens a zone file by the path that the configuration has. Throws TextError, whose message continues after the path. */
export type OpenZoneFile = (path: string) => ZoneFileText & { readonly include: IncludeFile };

/** What a zone file says of its zone. */
export interface ZoneFileContents {
  readonly soa: FileSoa;
  readonly records: readonly StaticRecord[];
}

/** Reads the zone file that the key `file` of a zone names. Reports its problems, and returns undefined for a file that has any. */
export function readNamedFile(
  value: unknown,
  open: OpenZoneFile,
  apex: WireName,
  place: Place,
): ZoneFileContents | undefined {
  const { problems } = place;
  const before = problems.length;
  const source = text((path) => openNamed(path, open))(value, keyIn(place, 'file'));
  if (source === undefined) return undefined;
  const records: StaticRecord[] = [];
  const reading = readZoneFile(
    source,
    { apex, include: source.include, recordsMax: FILE_RECORDS_MAX },
    problems,
  );
  let step = reading.next();
  for (; !step.done; step = reading.next())
    for (const record of step.value) records.push(staticRecord(record));
  const soa = step.value;
  if (problems.length > before) return undefined;
  const at: Place = { path: source.file, problems };
  if (soa === undefined) return report(at, `has no SOA of ${formatName(apex)}`);
  if (!records.some(({ type, owner }) => type === 'NS' && owner.length === apex.length))
    return report(at, `has no NS records of ${formatName(apex)}`);
  return { soa, records };
}

function openNamed(path: string, open: OpenZoneFile): ReturnType<OpenZoneFile> {
  if (path === '') throw new TextError('names no file');
  return open(path);
}

function staticRecord({ path, owner, ttlSeconds, type, rdata }: FileRecord): StaticRecord {
  const [target] = namesIn(type, rdata);
  return { path, owner, ttlSeconds, type: recordTypeName(type), rdata, ...(target && { target }) };
}
