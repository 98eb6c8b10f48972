import type { UnreadPages } from '../../integrity/repair.ts';
import type { Cell } from '../database/database.ts';
import { readTreePage, type StoredRow, type TreePage } from './cells.ts';
import type { Pages } from './pages.ts';
import { SALVAGED, type SalvagedTable, tableOf } from './tables.ts';

/** A row that could be read. */
export interface SalvagedRow {
  readonly table: string;
  readonly values: readonly Cell[];
  /** Its page is one that nothing leads to, so that the row may have been deleted. */
  readonly isStray: boolean;
}

/** The first page holds the schema, a table as others are. */
const SCHEMA_PAGE = 1;
/** Pages of the list of free ones hold the next of it, how many there are, and these. */
const FREE_HEADER_OCTETS = 8;

/**
 * Reads every row of the file. It reads each table from its root. Where some pages cannot be read, it also reads the pages that are
 * in use and that no page leads to. It calls `found` with each row, and returns the number of pages that it could not read in full.
 * It never throws because of the content of the file.
 */
export function walkFile(pages: Pages, found: (row: SalvagedRow) => void): UnreadPages {
  const seen = new Set<number>();
  const unread = new Map<string, number>();

  /** Reads a page of a tree, and marks what belongs to it; undefined: it is none of such a tree. */
  function take(number: number, isIndex: boolean): TreePage | undefined {
    if (number < 1 || number > pages.count || seen.has(number)) return undefined;
    const page = readTreePage(pages, number);
    if (page === undefined || page.isIndex !== isIndex) return undefined;
    for (const each of [number, ...page.overflow]) seen.add(each);
    return page;
  }

  /** Reads a whole tree; `takes` says of a row whether it is one of this tree. */
  function walk(root: number, name: string, isIndex: boolean, takes: (row: StoredRow) => boolean): void {
    const ahead = [root];
    for (let number = ahead.pop(); number !== undefined; number = ahead.pop()) {
      const page = take(number, isIndex);
      const strange = page?.rows.filter((row) => !takes(row)) ?? [];
      if (page === undefined || page.isDamaged || strange.length > 0)
        unread.set(name, (unread.get(name) ?? 0) + 1);
      if (page !== undefined) ahead.push(...page.children.toReversed());
    }
  }

  const roots: [name: string, root: number][] = [];
  walk(SCHEMA_PAGE, '', false, ({ columns: [, name, , root] }) => {
    if (typeof name !== 'string' || typeof root !== 'number') return false;
    roots.push([name, root]);
    return true;
  });
  // Tables come before indexes, which repeat what they say.
  const inOrder = [...SALVAGED].flatMap(([name, part]) =>
    roots.filter(([each]) => each === name).map(([, root]) => ({ root, part })),
  );
  for (const { root, part } of inOrder)
    walk(root, part.table, part.isIndex, (row) => {
      const values = part.values(row);
      if (values !== undefined) found({ table: part.table, values, isStray: false });
      return values !== undefined;
    });
  if (unread.size === 0) return unread;
  for (const number of freePages(pages)) seen.add(number);
  for (let number = SCHEMA_PAGE; number <= pages.count; number += 1) {
    const page = seen.has(number) ? undefined : readTreePage(pages, number);
    const part = page && tableOf(page.isIndex, page.rows);
    if (part !== undefined) takeStray(page!.rows, part, found);
  }
  return unread;
}

function takeStray(rows: readonly StoredRow[], part: SalvagedTable, found: (row: SalvagedRow) => void): void {
  for (const row of rows) found({ table: part.table, values: part.values(row)!, isStray: true });
}

/** The pages that are free, as far as the list of them can be read. */
function freePages(pages: Pages): Set<number> {
  const free = new Set<number>();
  for (let trunk = pages.firstFree; trunk > 0 && trunk <= pages.count && !free.has(trunk); ) {
    free.add(trunk);
    const page = pages.page(trunk);
    if (page === undefined) break;
    const leaves = Math.min(page.readUInt32BE(4), (page.length - FREE_HEADER_OCTETS) / 4);
    for (let leaf = 0; leaf < leaves; leaf += 1) free.add(page.readUInt32BE(FREE_HEADER_OCTETS + 4 * leaf));
    trunk = page.readUInt32BE(0);
  }
  return free;
}
