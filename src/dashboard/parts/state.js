import { html } from '../html.js';

/** How each state looks: its kind decides the colour and the shape, so that colour alone never says it. */
const LOOKS = /** @type {Record<string, string>} */ ({
  healthy: 'ok',
  live: 'ok',
  in: 'ok',
  quiet: 'ok',
  unhealthy: 'bad',
  critical: 'bad',
  raised: 'bad',
  absent: 'bad',
  out: 'bad',
  degraded: 'warn',
  unknown: 'warn',
  abstaining: 'warn',
  maintenance: 'held',
  pending: 'held',
  active: 'held',
});

/** The shape of each kind, as the path of a small picture. */
const SHAPES = /** @type {Record<string, string>} */ ({
  ok: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1z',
  bad: 'M6 .8 11.5 11H.5z',
  warn: 'M6 .5 11.5 6 6 11.5.5 6z',
  held: 'M2 2h3v8H2zM7 2h3v8H7z',
  none: 'M1.5 5h9v2h-9z',
});

/**
 * The picture of a state.
 * @param {{ state: string }} props
 */
export function Shape({ state }) {
  const look = LOOKS[state] ?? 'none';
  return html`<svg class=${`shape ${look}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><path d=${SHAPES[look]} /></svg>`;
}

/**
 * A state, with its shape, its colour and its word.
 * @param {{ state: string, word?: string }} props
 */
export function State({ state, word = state }) {
  return html`<span class=${`state ${LOOKS[state] ?? 'none'}`}><${Shape} state=${state} />${word}</span>`;
}
