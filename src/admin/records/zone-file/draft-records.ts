import { formatName, parseName } from '../../../dns/name.ts';
import { Type } from '../../../dns/type.ts';
import type { Problem as FileProblem } from '../../../input/problem.ts';
import { createPieces } from '../../../pace/next-turn.ts';
import { printRdata } from '../../../rdata/rdata.ts';
import { recordTypeName } from '../../../rdata/record-type.ts';
import { AUTOMATIC_TTL, type DnsRecord, RECORDS_OF_ZONE_MAX } from '../../../zone/dns-record.ts';
import { readZoneFile } from '../../../zone-file/read-zone-file.ts';
import type { FileRecord, ZoneFileText } from '../../../zone-file/reading.ts';
import { parseRemark } from '../../../zone-file/remark.ts';
import { present } from '../../resource/present.ts';
import { FORMATS } from '../../schema/formats.ts';
import { createObjectIds } from '../../schema/object-id.ts';
import { timestamp } from '../../schema/timestamp.ts';
import { isProxiable } from '../content.ts';
import { withoutFinalDot } from '../owner-name.ts';
import { COMMENT_MAX, TAGS_MAX } from '../schema.ts';

/** A record that a zone file asks for, and its `file:line`. */
export interface DraftRecord {
  readonly record: DnsRecord;
  readonly path: string;
}

/** What a zone file asks for. */
export interface Drafted {
  readonly records: readonly DraftRecord[];
  /** Records of the apex that zones have in their settings: its SOA and NS. */
  readonly ofSettings: number;
  readonly problems: readonly FileProblem[];
}

/** What all records of an import share. */
export interface DraftOptions {
  readonly zone: { readonly zoneName: string; readonly zoneId?: string };
  /** Whether records are proxied whose tags do not say. */
  readonly isProxied: boolean;
  readonly epochMs: number;
}

/** Reads the records of a zone file, a few at a time. A record without any TTL has an automatic one. */
export async function draftRecords(source: ZoneFileText, options: DraftOptions): Promise<Drafted> {
  const apex = parseName(options.zone.zoneName);
  const made = { now: timestamp(options.epochMs), newId: createObjectIds() };
  const problems: FileProblem[] = [];
  const records: DraftRecord[] = [];
  const isLong = createPieces();
  let ofSettings = 0;
  const reading = readZoneFile(
    source,
    { apex, ttlSeconds: AUTOMATIC_TTL, recordsMax: RECORDS_OF_ZONE_MAX },
    problems,
  );
  let step = reading.next();
  for (; !step.done; step = reading.next()) {
    for (const found of step.value) {
      if (found.type === Type.NS && found.owner.length === apex.length) ofSettings += 1;
      else records.push({ record: recordOf(found, options, made, problems), path: found.path });
    }
    const rest = isLong();
    if (rest) await rest;
  }
  if (step.value !== undefined) ofSettings += 1;
  return { records, ofSettings, problems };
}

/** Makes the record of the API. What its remark cannot have is a problem. */
function recordOf(
  { owner, type, ttlSeconds, rdata, comment: said, path }: FileRecord,
  { zone, isProxied }: DraftOptions,
  { now, newId }: { readonly now: string; readonly newId: () => string },
  problems: FileProblem[],
): DnsRecord {
  const { comment, tags, ...remark } = parseRemark(said ?? '');
  for (const message of remarkProblems(comment, tags)) problems.push({ path, message });
  const typeName = recordTypeName(type);
  return present({
    id: newId(),
    ...zone,
    name: withoutFinalDot(formatName(owner)),
    type: typeName,
    content: printRdata(type, rdata),
    ttl: remark.ttl === 'auto' ? AUTOMATIC_TTL : (remark.ttl ?? ttlSeconds),
    proxied: remark.isProxied ?? (isProxied && isProxiable(typeName)),
    comment,
    tags,
    settings: remark.isFlattened ? { flatten_cname: true } : undefined,
    createdOn: now,
    modifiedOn: now,
    commentModifiedOn: comment === undefined ? undefined : now,
    tagsModifiedOn: tags.length === 0 ? undefined : now,
  });
}

function remarkProblems(comment: string | undefined, tags: readonly string[]): string[] {
  const problems: string[] = [];
  if (comment !== undefined && comment.length > COMMENT_MAX)
    problems.push(`has a comment of ${comment.length} characters; ${COMMENT_MAX} at most`);
  if (comment !== undefined && !FORMATS.text.holds(comment))
    problems.push(`has a comment that ${FORMATS.text.rule}`);
  if (tags.length > TAGS_MAX) problems.push(`has ${tags.length} tags; ${TAGS_MAX} at most`);
  const wrong = tags.find((tag) => !FORMATS['record-tag'].holds(tag));
  if (wrong !== undefined)
    problems.push(`has the tag ${JSON.stringify(wrong)}, which ${FORMATS['record-tag'].rule}`);
  return problems;
}
