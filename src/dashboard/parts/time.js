import { signal } from '@preact/signals';
import { html } from '../html.js';

/** The present time, as often as relative times change. */
const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);

const UNITS = /** @type {const} */ ([
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
]);

/**
 * Writes a length of time in its largest unit: `12 s`, `3 min`.
 * @param {number} seconds
 */
export function lengthOf(seconds) {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/**
 * A time, as how long ago it was or how soon it will be, with the time itself on hover.
 * @param {{ at: string }} props
 */
export function Ago({ at }) {
  const seconds = (now.value - Date.parse(at)) / 1_000;
  const length = lengthOf(Math.abs(seconds));
  const text = Math.abs(seconds) < 1 ? 'now' : seconds > 0 ? `${length} ago` : `in ${length}`;
  return html`<time datetime=${at} title=${new Date(at).toLocaleString(undefined, { timeZoneName: 'short' })}>${text}</time>`;
}
