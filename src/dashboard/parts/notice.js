import { html } from '../html.js';
import { RequestError } from '../shell/request.js';

/** HTTP status of what does not exist (RFC 9110 §15.5.5). */
const NOT_FOUND = 404;

/**
 * What a page is about, and the page that lists all of its kind.
 * @typedef {{ what: string, href: string, all: string }} Subject
 */

/**
 * What is in the place of data: it is on its way, it could not be read, or it has an old value while the server is away.
 * @param {{ loaded: { data: any, error?: Error | undefined }, subject?: Subject }} props `subject`: what the data is of, which may be deleted
 */
export function Loading({ loaded: { data, error }, subject }) {
  if (subject !== undefined && error instanceof RequestError && error.status === NOT_FOUND)
    return html`<p class="failure" role="alert">${
      data === undefined
        ? `There is no ${subject.what} at this address. It may have been deleted.`
        : `This ${subject.what} was deleted. The page shows what was known last.`
    } <a href=${subject.href}>${subject.all}</a></p>`;
  if (error !== undefined) return html`<p class="failure" role="alert">${error.message}</p>`;
  return data === undefined ? html`<p class="quiet" aria-busy="true">Loading…</p>` : null;
}

/**
 * Says that there is nothing, and what to do next.
 * @param {{ title: string, children?: any, command?: string }} props
 */
export function Empty({ title, children, command }) {
  return html`<div class="empty">
    <p class="empty-title">${title}</p>
    ${children === undefined ? null : html`<p>${children}</p>`}
    ${command === undefined ? null : html`<pre class="command" tabindex="0">${command}</pre>`}
  </div>`;
}
