import type { Cell } from '../database/database.ts';
import type { Pages } from './pages.ts';

/** Kinds of pages of a tree (https://sqlite.org/fileformat2.html#b_tree_pages); those of an index hold tables WITHOUT ROWID too. */
export const TREE_PAGE = { indexInner: 2, tableInner: 5, indexLeaf: 10, tableLeaf: 13 } as const;
/** Octets of the header of the file, before the tree of the first page. */
const FILE_HEADER_OCTETS = 100;

/** A row as it is in a page. */
export interface StoredRow {
  /** Undefined in a table WITHOUT ROWID, and in an index. */
  readonly rowid: number | undefined;
  readonly columns: readonly Cell[];
  /** Not all of its pages can be read: the column that is cut off ends early, and what follows it is missing. */
  readonly isCut: boolean;
}

/** What can be read of a page of a tree. */
export interface TreePage {
  readonly isIndex: boolean;
  readonly children: readonly number[];
  readonly rows: readonly StoredRow[];
  /** Further pages that its rows go on in. */
  readonly overflow: readonly number[];
  /** Some of it cannot be read. */
  readonly isDamaged: boolean;
}

/** Reads a page of a tree; undefined: it is none. Never throws for what is in it. */
export function readTreePage(pages: Pages, number: number): TreePage | undefined {
  const page = pages.page(number);
  if (page === undefined) return undefined;
  const start = number === 1 ? FILE_HEADER_OCTETS : 0;
  const type = page[start]!;
  const { indexInner, tableInner, indexLeaf, tableLeaf } = TREE_PAGE;
  if (type !== indexInner && type !== tableInner && type !== indexLeaf && type !== tableLeaf)
    return undefined;
  const isInner = type === indexInner || type === tableInner;
  const isIndex = type === indexInner || type === indexLeaf;
  const cells = page.readUInt16BE(start + 3);
  const pointers = start + (isInner ? 12 : 8);
  if (pointers + 2 * cells > page.length) return undefined;
  const children: number[] = [];
  const rows: StoredRow[] = [];
  const overflow: number[] = [];
  let isDamaged = false;
  for (let cell = 0; cell < cells; cell += 1) {
    let at = page.readUInt16BE(pointers + 2 * cell);
    if (at < pointers + 2 * cells || at + 4 > page.length) {
      isDamaged = true;
      continue;
    }
    if (isInner) {
      children.push(page.readUInt32BE(at));
      at += 4;
    }
    if (type === tableInner) continue;
    const row = readCell(pages, page, at, isIndex, overflow);
    if (row === undefined) isDamaged = true;
    else {
      rows.push(row);
      isDamaged ||= row.isCut;
    }
  }
  if (isInner) children.push(page.readUInt32BE(start + 8));
  return { isIndex, children, rows, overflow, isDamaged };
}

/** A number of one to nine octets, of which eight have seven bits (https://sqlite.org/fileformat2.html#varint), and where it ends. */
function readVarint(octets: Buffer, at: number): readonly [value: bigint, end: number] | undefined {
  let value = 0n;
  for (let index = 0; index < 9; index += 1) {
    const octet = octets[at + index];
    if (octet === undefined) return undefined;
    if (index === 8) return [(value << 8n) | BigInt(octet), at + 9];
    value = (value << 7n) | BigInt(octet & 0x7f);
    if (octet < 0x80) return [value, at + index + 1];
  }
  return undefined;
}

function readCell(
  pages: Pages,
  page: Buffer,
  start: number,
  isIndex: boolean,
  overflow: number[],
): StoredRow | undefined {
  const size = readVarint(page, start);
  if (size === undefined) return undefined;
  let at = size[1];
  let rowid: number | undefined;
  if (!isIndex) {
    const key = readVarint(page, at);
    if (key === undefined) return undefined;
    rowid = Number(BigInt.asIntN(64, key[0]));
    at = key[1];
  }
  if (size[0] > BigInt(pages.count * pages.octets)) return undefined;
  const octets = Number(size[0]);
  const local = localOctets(octets, pages.octets, isIndex);
  if (at + local > page.length) return undefined;
  const parts = [page.subarray(at, at + local)];
  let missing = octets - local;
  let isEnded = missing === 0;
  if (missing > 0 && at + local + 4 <= page.length) {
    const seen = new Set<number>();
    for (let next = page.readUInt32BE(at + local); missing > 0; ) {
      const more = next > 1 && next <= pages.count && !seen.has(next) ? pages.page(next) : undefined;
      if (more === undefined) break;
      seen.add(next);
      overflow.push(next);
      const part = more.subarray(4, 4 + missing);
      parts.push(part);
      missing -= part.length;
      next = more.readUInt32BE(0);
      // The last page of a chain names no other one.
      isEnded = missing === 0 && next === 0;
    }
  }
  const columns = readRecord(Buffer.concat(parts), octets);
  return columns && { rowid, columns, isCut: !isEnded };
}

/** Octets of a payload that are in its own page (https://sqlite.org/fileformat2.html#cell_payload_overflow_pages). */
function localOctets(payload: number, page: number, isIndex: boolean): number {
  const most = isIndex ? Math.floor(((page - 12) * 64) / 255) - 23 : page - 35;
  if (payload <= most) return payload;
  const least = Math.floor(((page - 12) * 32) / 255) - 23;
  const fitting = least + ((payload - least) % (page - 4));
  return fitting <= most ? fitting : least;
}

/** Octets of whole numbers, by their serial type (https://sqlite.org/fileformat2.html#record_format). */
const INTEGER_OCTETS = [0, 1, 2, 3, 4, 6, 8];

/** The columns of a record, of which `octets` should be there; undefined: it is none. */
function readRecord(record: Buffer, octets: number): Cell[] | undefined {
  const head = readVarint(record, 0);
  if (head === undefined || head[0] > BigInt(record.length)) return undefined;
  const end = Number(head[0]);
  const columns: Cell[] = [];
  let value = end;
  for (let at = head[1]; at < end; ) {
    const type = readVarint(record, at);
    if (type === undefined || type[0] > BigInt(2 * octets + 13)) return undefined;
    at = type[1];
    if (value >= record.length && value < octets) break;
    const column = readColumn(record, value, Number(type[0]));
    if (column === undefined) return undefined;
    columns.push(column.cell);
    value += column.octets;
  }
  return value === octets || record.length < octets ? columns : undefined;
}

function readColumn(
  record: Buffer,
  at: number,
  type: number,
): { readonly cell: Cell; readonly octets: number } | undefined {
  if (type === 0) return { cell: null, octets: 0 };
  if (type <= 6) {
    const octets = INTEGER_OCTETS[type]!;
    if (at + octets > record.length) return undefined;
    const cell = octets === 8 ? Number(record.readBigInt64BE(at)) : record.readIntBE(at, octets);
    return { cell, octets };
  }
  if (type === 7) return at + 8 > record.length ? undefined : { cell: record.readDoubleBE(at), octets: 8 };
  if (type === 8 || type === 9) return { cell: type - 8, octets: 0 };
  // Nothing here is kept as a blob, and types 10 and 11 are nobody's.
  if (type < 13 || type % 2 === 0) return undefined;
  const octets = (type - 13) / 2;
  return { cell: record.toString('utf8', at, at + octets), octets };
}
