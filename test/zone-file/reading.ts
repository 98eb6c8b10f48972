import { formatName, parseName } from '../../src/dns/name.ts';
import { formatProblem, type Problem } from '../../src/input/problem.ts';
import { TextError } from '../../src/input/reader.ts';
import { printRdata } from '../../src/rdata/rdata.ts';
import { recordTypeName } from '../../src/rdata/record-type.ts';
import { readZoneFile, type ZoneFileOptions } from '../../src/zone-file/read-zone-file.ts';
import type { FileRecord } from '../../src/zone-file/reading.ts';

export interface ReadOptions extends Partial<Omit<ZoneFileOptions, 'apex' | 'include'>> {
  readonly apex?: string;
  /** Files that may be included, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Reads a zone file of example.org (or of another apex) that is called `db`. */
export function read(text: string, { apex = 'example.org', files, ...rest }: ReadOptions = {}) {
  const problems: Problem[] = [];
  const records: FileRecord[] = [];
  const include = (path: string) => {
    if (files?.[path] === undefined) throw new TextError('is no file');
    return { file: path, text: files[path] };
  };
  const options = { recordsMax: 1_000, ...rest, apex: parseName(apex), ...(files && { include }) };
  const reading = readZoneFile({ file: 'db', text }, options, problems);
  let step = reading.next();
  for (; !step.done; step = reading.next()) records.push(...step.value);
  return { records, soa: step.value, problems: problems.map(formatProblem), lines: records.map(line) };
}

/** A record as one line: owner, TTL, type, rdata. */
export function line({ owner, ttlSeconds, type, rdata }: Omit<FileRecord, 'path'>): string {
  return [formatName(owner), ttlSeconds, recordTypeName(type), printRdata(type, rdata)].join(' ');
}
