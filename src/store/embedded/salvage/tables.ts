import { isKind } from '../../record/record.ts';
import type { Cell } from '../database/database.ts';
import type { StoredRow } from './cells.ts';

/** A table, or an index from which its rows can be read as well. */
export interface SalvagedTable {
  readonly table: string;
  /** Whether its rows are in the pages of an index: it is WITHOUT ROWID, or an index. */
  readonly isIndex: boolean;
  /** The values of a row in the order of the table; undefined: the row is none of this table. */
  values(row: StoredRow): readonly Cell[] | undefined;
  /** Whether its rows can be distinguished from those of all others, so that a page that nothing leads to can be read. */
  readonly isTold: boolean;
}

const isText = (cell: Cell | undefined): cell is string => typeof cell === 'string';
const isObject = (cell: Cell | undefined) => isText(cell) && cell.startsWith('{');
const isWhole = (cell: Cell | undefined) => Number.isSafeInteger(cell);

/** A table WITHOUT ROWID of these columns. */
function keyed(
  table: string,
  columns: readonly ((cell: Cell | undefined) => boolean)[],
  isTold = true,
): SalvagedTable {
  return {
    table,
    isIndex: true,
    isTold,
    values: ({ columns: cells, isCut }) =>
      !isCut && cells.length === columns.length && columns.every((fits, at) => fits(cells[at]))
        ? cells
        : undefined,
  };
}

/** A table whose key is its rowid, which a record keeps as NULL. */
function numbered(
  table: string,
  fits: (cells: readonly Cell[]) => readonly Cell[] | undefined,
): SalvagedTable {
  return {
    table,
    isIndex: false,
    isTold: true,
    values: ({ rowid, columns: [key, ...cells], isCut }) => {
      if (key !== null || rowid === undefined || !isWhole(rowid) || isCut) return undefined;
      const found = fits(cells);
      return found && [rowid, ...found];
    },
  };
}

const isName = (cell: Cell | undefined) => isText(cell) && cell !== '';
const isKindName = (cell: Cell | undefined) => isText(cell) && isKind(cell);

/** Documents. One whose text is cut off is kept, so that it is known which one it is. */
const DOCUMENT: SalvagedTable = {
  table: 'document',
  isIndex: true,
  isTold: true,
  values: ({ columns: [kind, id, revision, value], isCut }) => {
    if (!isKindName(kind) || !isName(id) || !isWhole(revision)) return undefined;
    return isObject(value) || isCut ? [kind!, id!, revision!, isText(value) ? value : ''] : undefined;
  },
};

/** The tables by what the schema calls them (database/schema.ts), and the indexes that repeat what a table says. */
export const SALVAGED: ReadonlyMap<string, SalvagedTable> = new Map([
  ['document', DOCUMENT],
  [
    'change',
    numbered('change', ([entries, ...more]) =>
      isText(entries) && entries.startsWith('[') && more.length === 0 ? [entries] : undefined,
    ),
  ],
  ['meta', keyed('meta', [isName, (cell) => cell !== null && !isObject(cell)])],
  ['observation', keyed('observation', [isName, isText, isName, isObject])],
  [
    'observed',
    numbered('observed', ([value, ...more]) => (isObject(value) && more.length === 0 ? [value!] : undefined)),
  ],
  // The column of the trail was added later, and older rows lack it.
  [
    'event',
    numbered('event', ([value, trail = 'health']) =>
      isObject(value) && isName(trail) ? [value!, trail] : undefined,
    ),
  ],
  ['told', keyed('told', [isName, isObject])],
  ['notified', keyed('notified', [isName, isText, isWhole])],
  ['unique_value', keyed('unique_value', [isKindName, isText, isName], false)],
  ['reference', keyed('reference', [isKindName, isName, isKindName, isName], false)],
  ['unique_value_of', reordered(keyed('unique_value', [isKindName, isName, isText], false), [0, 2, 1])],
  [
    'reference_of',
    reordered(keyed('reference', [isKindName, isName, isKindName, isName], false), [2, 3, 0, 1]),
  ],
]);

function reordered(index: SalvagedTable, order: readonly number[]): SalvagedTable {
  return {
    ...index,
    values: (row) => {
      const found = index.values(row);
      return found && order.map((at) => found[at]!);
    },
  };
}

/** The table that the rows of a page are of to which nothing leads; undefined: they may be of several, or of none. */
export function tableOf(isIndex: boolean, rows: readonly StoredRow[]): SalvagedTable | undefined {
  // Events have a column more than what else is an object, and are looked for first.
  for (const name of ['document', 'change', 'event', 'observed', 'observation', 'notified', 'told', 'meta']) {
    const table = SALVAGED.get(name)!;
    const least = name === 'event' ? 3 : 0;
    const is = (row: StoredRow) => row.columns.length >= least && table.values(row) !== undefined;
    if (table.isIndex === isIndex && rows.length > 0 && rows.every(is)) return table;
  }
  return undefined;
}
