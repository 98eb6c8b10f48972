import { useEffect } from 'preact/hooks';
import { html } from '../html.js';
import { VIEWS } from '../views/registry.js';
import { connection } from './live.js';
import { Login } from './login.js';
import { followLink, match, place } from './router.js';
import { logOut, session } from './session.js';
import { nextTheme, theme } from './theme.js';

/** @import { ViewEntry } from '../views/registry.js' */

/** The page: its head, its navigation and the view that the address names. */
export function App() {
  const { state, who, notice } = session.value;
  const { path, query } = place.value;
  const [entry, params] = viewAt(path);
  const title = state === 'out' ? 'Log in' : (entry?.title ?? 'Not found');
  useEffect(() => {
    document.title = `${title} · Lifeguard`;
  }, [title]);
  if (state === 'out') return html`<${Login} notice=${notice} />`;
  if (state === 'loading')
    return html`<main class="login" id="main"><p class="quiet" role="status">Asking the server…</p></main>`;
  return html`<div onClick=${followLink}>
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header>
      <a class="brand" href="/">Lifeguard</a>
      <nav aria-label="Views"><ul>${VIEWS.filter((each) => each.listed && maySee(each)).map(
        ({ pattern, title: name }) =>
          html`<li key=${pattern}><a href=${pattern} aria-current=${isBelow(path, pattern) ? 'page' : undefined}>${name}</a></li>`,
      )}</ul></nav>
      <div class="tools">
        <${Connection} />
        <button type="button" onClick=${nextTheme} title="Theme of the page">Theme: ${theme.value}</button>
        <span class="who" title=${`Scope ${who.scope}`}>${who.name}</span>
        <button type="button" onClick=${logOut}>Log out</button>
      </div>
    </header>
    <main id="main" tabindex="-1">${
      entry === undefined
        ? html`<h1>There is no page at this address</h1><p><a href="/">Overview</a></p>`
        : maySee(entry)
          ? html`<${entry.View} key=${path} params=${params} query=${query} />`
          : html`<h1>${entry.title}</h1><p class="notice">${who.records === undefined ? 'This token may not see this.' : 'This token may only use zones and records.'}</p>`
    }</main>
  </div>`;
}

/**
 * Whether the token may see a view.
 * @param {ViewEntry} entry
 */
function maySee({ isAllowed, isForRecords = false }) {
  if (session.value.who?.records !== undefined) return isForRecords;
  return isAllowed?.() ?? true;
}

/**
 * @param {string} path
 * @returns {[ViewEntry | undefined, Record<string, string>]}
 */
function viewAt(path) {
  for (const entry of VIEWS) {
    const params = match(entry.pattern, path);
    if (params !== undefined) return [entry, params];
  }
  return [undefined, {}];
}

/**
 * @param {string} path
 * @param {string} pattern
 */
function isBelow(path, pattern) {
  return path === pattern || (pattern !== '/' && path.startsWith(`${pattern}/`));
}

/** @param {MouseEvent} event */
function skip(event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

const CONNECTIONS = /** @type {Record<string, string>} */ ({
  lost: 'The server is away. What you see is from before. Connecting again…',
  refused: 'Too many pages follow events. This one looks every 5 seconds.',
});

function Connection() {
  const text = CONNECTIONS[connection.value];
  return html`<span class="connection" role="status">${text === undefined ? '' : html`<span class="lost">${text}</span>`}</span>`;
}
