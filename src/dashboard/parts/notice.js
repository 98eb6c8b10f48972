import { html } from '../html.js';

/**
 * What is in the place of data: it is on its way, it could not be read, or it has an old value while the server is away.
 * @param {{ loaded: { data: any, error?: Error | undefined } }} props
 */
export function Loading({ loaded: { data, error } }) {
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
