import { signal } from '@preact/signals';
import { look, session } from './session.js';

/** Shortest time between two refreshes of the page, however much happens, milliseconds. The first comes at once. */
const REFRESH_MS = 2_000;
/** Longest random delay of a refresh, milliseconds, so that many pages do not ask at the same moment. */
const SPREAD_MS = 150;
/** Time between refreshes when nothing happens, milliseconds: ages and response times go on. */
const STEADY_MS = 5_000;
/** Time after which the page connects again, milliseconds. */
const RECONNECT_MS = 1_000;

/** The kinds of events that the server sends. */
const KINDS = [
  'health',
  'endpoint',
  'pool',
  'load_balancer',
  'region',
  'worker',
  'override',
  'alarm',
  'audit',
];

/** Time after which the page tries again to receive events that the server refused it, milliseconds. */
const REFUSED_MS = 10_000;

/** Whether the page receives events: `on`, `off` (not logged in, or nobody looks), `lost`, or `refused`. */
export const connection = signal('off');

/** How often the page began to receive events, or missed some: what it shows is read anew then. */
export const gaps = signal(0);

/** @type {Set<() => void>} */
const watchers = new Set();
/** @type {Set<(event: any) => void>} */
const listeners = new Set();
/** @type {EventSource | undefined} */
let source;
let refreshedMs = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Calls back when what the page shows may have changed. Returns the function that ends this.
 * @param {() => void} changed
 */
export function onChange(changed) {
  watchers.add(changed);
  return () => void watchers.delete(changed);
}

/**
 * Calls back with each new event. Returns the function that ends this.
 * @param {(event: any) => void} happened
 */
export function onEvent(happened) {
  listeners.add(happened);
  return () => void listeners.delete(happened);
}

/** Refreshes what the page shows, soon, and once for all that happens until then. */
export function refreshSoon() {
  if (timer !== undefined) return;
  const wait = Math.max(0, refreshedMs + REFRESH_MS - performance.now()) + Math.random() * SPREAD_MS;
  timer = setTimeout(() => {
    timer = undefined;
    refreshedMs = performance.now();
    for (const changed of watchers) changed();
  }, wait);
}

setInterval(() => {
  if (session.value.state === 'in' && !document.hidden) refreshSoon();
}, STEADY_MS);

function connect() {
  disconnect();
  source = new EventSource('/lifeguard/v1/events/live?every=1s');
  const own = source;
  own.onopen = () => {
    connection.value = 'on';
    gaps.value += 1;
  };
  own.onerror = () => {
    if (connection.value !== 'refused') connection.value = 'lost';
    // A browser connects again by itself, except after a refusal.
    if (own.readyState === EventSource.CLOSED) setTimeout(reconnect, RECONNECT_MS, own);
  };
  // Events are missing: what the page shows is read anew.
  own.addEventListener('gap', () => {
    gaps.value += 1;
  });
  for (const kind of KINDS)
    own.addEventListener(kind, (message) => {
      const event = JSON.parse(message.data);
      for (const happened of listeners) happened(event);
      refreshSoon();
    });
}

/**
 * Connects again, unless the session has ended.
 * @param {EventSource} refused
 */
async function reconnect(refused) {
  if (source !== refused) return;
  const isThere = await look();
  if (source !== refused) return;
  // The server is there, and has too many pages that follow events.
  if (isThere) connection.value = 'refused';
  setTimeout(() => source === refused && connect(), isThere ? REFUSED_MS : 0);
}

function disconnect() {
  source?.close();
  source = undefined;
}

/** Receives events while somebody is logged in and looks at the page: a browser has only a few connections for all its tabs. */
function follow() {
  // A token that is bound to records may not see events.
  const isWanted =
    session.value.state === 'in' && session.value.who.records === undefined && !document.hidden;
  if (isWanted && source === undefined) connect();
  if (isWanted) return;
  disconnect();
  connection.value = 'off';
}
document.addEventListener('visibilitychange', follow);
session.subscribe(follow);
