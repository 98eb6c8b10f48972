import { html } from '../html.js';
import { setQuery } from '../shell/router.js';

/**
 * Where a page lies in a list of the server, with the buttons for the pages beside it. `of`: what the list has, such as `pools`.
 * @param {{ info: any, of: string }} props
 */
export function Pages({ info: { page, total_pages: pages, total_count: count }, of }) {
  if (pages <= 1) return count > 1 ? html`<p class="quiet">${count} ${of}</p>` : null;
  const go = (/** @type {number} */ to) => () => setQuery('page', String(to));
  return html`<p class="pages">
    <button type="button" disabled=${page <= 1} onClick=${go(page - 1)}>Previous</button>
    <span>Page ${page} of ${pages}, ${count} ${of}</span>
    <button type="button" disabled=${page >= pages} onClick=${go(page + 1)}>Next</button>
  </p>`;
}
