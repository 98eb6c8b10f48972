import { signal } from '@preact/signals';

/** The path and the query of the page's address, which name its view. */
export const place = signal({ path: location.pathname, query: new URLSearchParams(location.search) });

function read() {
  place.value = { path: location.pathname, query: new URLSearchParams(location.search) };
}
addEventListener('popstate', read);

/**
 * Shows the view at another address.
 * @param {string} address
 */
export function navigate(address) {
  history.pushState(null, '', address);
  read();
  scrollTo(0, 0);
}

/**
 * Changes one part of the query, in the same entry of the history; an empty value removes it.
 * @param {string} name
 * @param {string | readonly string[]} value several: the part is there once for each
 */
export function setQuery(name, value) {
  const query = new URLSearchParams(location.search);
  query.delete(name);
  for (const each of [value].flat()) if (each !== '') query.append(name, each);
  const text = query.toString();
  history.replaceState(null, '', location.pathname + (text === '' ? '' : `?${text}`));
  read();
}

/**
 * Makes a handler that puts the value of a form field into one part of the query, and begins at the first page again.
 * @param {string} name
 * @returns {(event: any) => void}
 */
export const filterBy = (name) => (event) => {
  setQuery('page', '');
  setQuery(name, event.currentTarget.value);
};

/**
 * Follows a link within the page without loading the page again.
 * @param {MouseEvent} event
 */
export function followLink(event) {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.target !== '' || link.origin !== location.origin) return;
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  if (link.pathname.startsWith('/docs') || link.hash !== '') return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

/**
 * Returns the parameters of a path by the pattern of a view (`/pools/:id`); undefined: it is not of this view.
 * @param {string} pattern
 * @param {string} path
 * @returns {Record<string, string> | undefined}
 */
export function match(pattern, path) {
  const wanted = pattern.split('/');
  const parts = path.replace(/(?<=.)\/$/, '').split('/');
  if (wanted.length !== parts.length) return undefined;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [at, part] of wanted.entries()) {
    const given = parts[at] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(given);
    else if (part !== given) return undefined;
  }
  return params;
}
