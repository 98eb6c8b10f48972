import { Overview } from './overview.js';

/**
 * A view: one page of the dashboard. `pattern` is its address, with `:name` for parameters, which `View` gets as `params`, beside the
 * `query`. Views with a `title` in the navigation have `listed`. The server knows the first part of each address (page-routes.ts).
 * @typedef {object} ViewEntry
 * @property {string} pattern
 * @property {string} title
 * @property {boolean} [listed]
 * @property {() => boolean} [isAllowed] absent: every token may see it
 * @property {(props: { params: Record<string, string>, query: URLSearchParams }) => any} View
 */

/** Every view, in the order of the navigation. @type {readonly ViewEntry[]} */
export const VIEWS = [{ pattern: '/', title: 'Overview', listed: true, View: Overview }];
