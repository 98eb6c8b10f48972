import type { Configuration } from '../../store/contract/documents.ts';
import type { Salvage } from '../../store/integrity/repair.ts';

/** What the rows of a table are to a person, one and several; of others there is nothing to say. */
const ROWS: readonly (readonly [table: string, one: string, several: string])[] = [
  ['document', 'document', 'documents'],
  ['change', 'change', 'changes'],
  ['event', 'event', 'events'],
  ['observation', 'observation', 'observations'],
];

/** Says which pages of a file cannot be read, and what could be read, a line each. */
export function salvageLines(
  { unread, rows, acknowledged }: Salvage,
  { loss, damaged, revision }: Configuration,
): string[] {
  const pages = [...unread].map(([table, number]) => {
    const of = table === '' ? 'of the list of its tables' : `of the table ${table}`;
    return `Damaged: ${number} ${number === 1 ? 'page' : 'pages'} ${of} cannot be read, or not all of it.`;
  });
  // Indexes, and the list of free pages, hold nothing that is nowhere else.
  if (pages.length === 0) pages.push('Damaged: pages that hold no records. Nothing is lost with them.');
  const read = ROWS.map(([table, one, several]) => {
    const number = rows.get(table) ?? 0;
    return `${number} ${number === 1 ? one : several}`;
  });
  const lines = [...pages, `Can be read: ${read.join(', ')}.`];
  if (acknowledged !== undefined)
    lines.push(`Revision ${acknowledged} was acknowledged, and the file shows none that is as late.`);
  const isWhole = loss === undefined && damaged === undefined && acknowledged === undefined && revision > 0;
  if (isWhole && [...unread.keys()].every((table) => table === 'event') && unread.size > 0)
    lines.push('Only events are lost. The configuration is whole.');
  return lines;
}
