import { formatRemark, type Remark } from './remark.ts';

/** Characters of a chunk of text, about. */
export const CHUNK_CHARACTERS = 16 * 1024;

/** A record as it is written in a zone file. */
export interface PrintedRecord {
  /** Full name with its final dot, in presentation form, as formatName() has it. */
  readonly owner: string;
  readonly ttlSeconds: number;
  /** As recordTypeName() has it. */
  readonly type: string;
  /** The rdata, as printRdata() has it. */
  readonly content: string;
  readonly remark?: Remark;
}

/**
 * Formats a zone file in chunks: comment lines, and each record on a line of its own, with full names, TTL and class, so that any
 * line means the same alone. readZoneFile() reads the same records back. The order is that of `records`.
 */
export function* printZoneFile(
  comments: readonly string[],
  records: Iterable<PrintedRecord>,
): Generator<string, undefined> {
  let chunk = comments.map((comment) => `;; ${comment}\n`).join('');
  for (const record of records) {
    chunk += printRecord(record);
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

function printRecord({ owner, ttlSeconds, type, content, remark }: PrintedRecord): string {
  const said = remark === undefined ? '' : formatRemark(remark);
  return `${owner}\t${ttlSeconds}\tIN\t${type}\t${content}${said === '' ? '' : ` ; ${said}`}\n`;
}
