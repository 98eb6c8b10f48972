import { signal } from '@preact/signals';
import { look, session } from './session.js';

/** Shortest time between two refreshes of the page, however much happens, milliseconds: at most two a second. */
const REFRESH_MS = 500;
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

/** Whether the page receives events: `on`, `off` (not logged in, or nobody looks), or `lost`. */
export const connection = signal('off');

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
  const wait = Math.max(0, refreshedMs + REFRESH_MS - performance.now());
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
  source = new EventSource('/lifeguard/v1/events/live');
  const own = source;
  own.onopen = () => {
    connection.value = 'on';
    refreshSoon();
  };
  own.onerror = () => {
    connection.value = 'lost';
    // A browser connects again by itself, except after a refusal.
    if (own.readyState === EventSource.CLOSED) setTimeout(reconnect, RECONNECT_MS, own);
  };
  // Events are missing: what the page shows is read anew.
  own.addEventListener('gap', refreshSoon);
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
  await look();
  if (source === refused) connect();
}

function disconnect() {
  source?.close();
  source = undefined;
}

/** Receives events while somebody is logged in and looks at the page: a browser has only a few connections for all its tabs. */
function follow() {
  const isWanted = session.value.state === 'in' && !document.hidden;
  if (isWanted && source === undefined) connect();
  if (isWanted) return;
  disconnect();
  connection.value = 'off';
}
document.addEventListener('visibilitychange', follow);
session.subscribe(follow);
