import { useState } from 'preact/hooks';
import { html } from '../html.js';

/** Rows that are shown before somebody asks for more. */
const ROWS_SHOWN = 100;

/**
 * One column. `value` is what rows are sorted and found by; `cell` is what is shown, if that is something else.
 * @template Row
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: Row) => string | number} value
 * @property {(row: Row) => any} [cell]
 * @property {boolean} [isNumber]
 */

/**
 * A table that sorts by any column and finds rows by a text. On a narrow screen each row is a card.
 * @param {{
 *   label: string,
 *   columns: Column<any>[],
 *   rows: any[],
 *   keyOf: (row: any) => string,
 *   isFiltered?: boolean,
 *   children?: any,
 * }} props `children`: what is shown in the place of rows where there is none
 */
export function Table({ label, columns, rows, keyOf, isFiltered = true, children }) {
  const [order, setOrder] = useState(/** @type {{ by: string, isDown: boolean } | undefined} */ (undefined));
  const [text, setText] = useState('');
  const [max, setMax] = useState(ROWS_SHOWN);
  if (rows.length === 0 && children !== undefined) return children;
  const wanted = text.trim().toLowerCase();
  const found = rows.filter(
    (row) => wanted === '' || columns.some(({ value }) => String(value(row)).toLowerCase().includes(wanted)),
  );
  // By title, since a column may come before it.
  const column = columns.find(({ title }) => title === order?.by);
  const sorted = order === undefined ? found : found.toSorted(comparing(column, order.isDown));
  /** @param {string} by */
  const sortBy = (by) =>
    setOrder(order?.by !== by ? { by, isDown: false } : order.isDown ? undefined : { by, isDown: true });
  return html`<div class="table">
    ${
      isFiltered && rows.length > 5
        ? html`<input type="search" class="filter" placeholder="Filter" aria-label=${`Filter ${label}`} value=${text}
            onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} />`
        : null
    }
    <div class="scroll">
      <table aria-label=${label}>
        <thead><tr>${columns.map(({ title, isNumber }) => {
          const direction = order?.by === title ? (order.isDown ? 'descending' : 'ascending') : 'none';
          return html`<th key=${title} scope="col" aria-sort=${direction} class=${isNumber ? 'number' : ''}>
            <button type="button" onClick=${() => sortBy(title)}>${title}<span class="arrow" aria-hidden="true">${
              direction === 'none' ? '' : direction === 'ascending' ? ' ↑' : ' ↓'
            }</span></button></th>`;
        })}</tr></thead>
        <tbody>${sorted
          .slice(0, max)
          .map(
            (row) =>
              html`<tr key=${keyOf(row)}>${columns.map(
                ({ title, value, cell, isNumber }) =>
                  html`<td key=${title} data-title=${title} class=${isNumber ? 'number' : ''}><div>${cell ? cell(row) : value(row)}</div></td>`,
              )}</tr>`,
          )}</tbody>
      </table>
    </div>
    ${sorted.length === 0 ? html`<p class="quiet">No row has “${text}”.</p>` : null}
    ${
      sorted.length > max
        ? html`<button type="button" onClick=${() => setMax(max + ROWS_SHOWN)}>Show more (${sorted.length - max} left)</button>`
        : null
    }
  </div>`;
}

/**
 * Orders rows by a column: numbers by size, texts as people sort them.
 * @param {Column<any> | undefined} column
 * @param {boolean} isDown
 * @returns {(a: any, b: any) => number}
 */
function comparing(column, isDown) {
  const sign = isDown ? -1 : 1;
  return (a, b) => {
    const [one, other] = [column?.value(a) ?? '', column?.value(b) ?? ''];
    if (typeof one === 'number' && typeof other === 'number') return sign * (one - other);
    return sign * String(one).localeCompare(String(other), undefined, { numeric: true });
  };
}
