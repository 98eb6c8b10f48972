import { isAdmin } from '../shell/session.js';
import { LoadBalancer } from './balancers/load-balancer.js';
import { LoadBalancers } from './balancers/load-balancers.js';
import { Events } from './events.js';
import { Explain } from './explain/explain.js';
import { Overview } from './overview.js';
import { Pool } from './pools/pool.js';
import { Pools } from './pools/pools.js';
import { Tokens } from './tokens/tokens.js';
import { Zone } from './zones/zone.js';
import { Zones } from './zones/zones.js';

/**
 * A view: one page of the dashboard. `pattern` is its address, with `:name` for parameters, which `View` gets as `params`, beside the
 * `query`. Those that are `listed` are in the navigation. The server knows the first part of each address (page-routes.ts).
 * @typedef {object} ViewEntry
 * @property {string} pattern
 * @property {string} title
 * @property {boolean} [listed]
 * @property {boolean} [isForRecords] a token that is bound to records may see it
 * @property {() => boolean} [isAllowed] absent: every other token may see it
 * @property {(props: { params: Record<string, string>, query: URLSearchParams }) => any} View
 */

/** Every view, in the order of the navigation. @type {readonly ViewEntry[]} */
export const VIEWS = [
  { pattern: '/', title: 'Overview', listed: true, View: Overview },
  { pattern: '/pools', title: 'Pools', listed: true, View: Pools },
  { pattern: '/pools/:id', title: 'Pool', View: Pool },
  { pattern: '/load-balancers', title: 'Load balancers', listed: true, View: LoadBalancers },
  { pattern: '/load-balancers/:id', title: 'Load balancer', View: LoadBalancer },
  { pattern: '/explain', title: 'Explain', listed: true, View: Explain },
  { pattern: '/zones', title: 'Zones', listed: true, isForRecords: true, View: Zones },
  { pattern: '/zones/:id', title: 'Zone', isForRecords: true, View: Zone },
  { pattern: '/events', title: 'Events', listed: true, View: Events },
  { pattern: '/tokens', title: 'Tokens', listed: true, isAllowed: isAdmin, View: Tokens },
];
