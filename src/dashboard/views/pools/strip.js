import { html } from '../../html.js';
import { lengthOf } from '../../parts/time.js';

/** A little less than a day, since the server rounds. */
const DAY_SECONDS = 86_300;
/** Width and height of the picture, in its own units. */
const WIDTH = 240;
const HEIGHT = 18;

/** The height of each state, so that colour alone does not say it: what is up is high. */
const HEIGHTS = /** @type {Record<string, number>} */ ({ healthy: 1, unmonitored: 0.7, unhealthy: 0.35 });
const LOOKS = /** @type {Record<string, string>} */ ({ healthy: 'ok', unhealthy: 'bad', unknown: 'warn' });

/**
 * The states of an endpoint over time, and below them its overrides. `range`: of the whole history.
 * @param {{ name: string, range: any, history: any }} props
 */
export function Strip({ name, range, history }) {
  if (history === undefined) return html`<span class="quiet">–</span>`;
  const untilMs = Date.parse(range.until);
  const sinceMs = Date.parse(range.since);
  const at = (/** @type {string} */ time) =>
    Math.max(0, ((Date.parse(time) - sinceMs) / (untilMs - sinceMs)) * WIDTH);
  // A new pool has less than a day.
  const seconds = (untilMs - sinceMs) / 1_000;
  return html`<svg class="strip" viewBox=${`0 0 ${WIDTH} ${HEIGHT + 4}`} role="img" aria-label=${`${name}: ${inWords(history)}`}>
    <rect class="ground" width=${WIDTH} height=${HEIGHT} />
    ${history.states.map((/** @type {any} */ { from, until, state }) => {
      const high = HEIGHT * (HEIGHTS[state] ?? 0.5);
      return html`<rect key=${from} class=${LOOKS[state] ?? 'none'} x=${at(from)} y=${HEIGHT - high} width=${Math.max(1, at(until) - at(from))} height=${high}>
        <title>${`${state} ${when(from, until)}`}</title></rect>`;
    })}
    ${history.overrides.map(
      (/** @type {any} */ { from, until, state }) =>
        html`<rect key=${from} class="held" x=${at(from)} y=${HEIGHT + 1} width=${Math.max(1, at(until) - at(from))} height="3"><title>${`override ${state} ${when(from, until)}`}</title></rect>`,
    )}
  </svg>
  ${seconds > DAY_SECONDS ? null : html`<span class="quiet">the last ${lengthOf(seconds)}</span>`}`;
}

/**
 * @param {string} from
 * @param {string} until
 */
function when(from, until) {
  return `from ${new Date(from).toLocaleTimeString()} for ${lengthOf((Date.parse(until) - Date.parse(from)) / 1_000)}`;
}

/**
 * Says how long an endpoint had each state.
 * @param {any} history
 */
function inWords({ states, overrides }) {
  /** @type {Map<string, number>} */
  const seconds = new Map();
  for (const { from, until, state } of [
    ...states,
    ...overrides.map((/** @type {any} */ each) => ({ ...each, state: `override ${each.state}` })),
  ])
    seconds.set(state, (seconds.get(state) ?? 0) + (Date.parse(until) - Date.parse(from)) / 1_000);
  return [...seconds].map(([state, length]) => `${state} for ${lengthOf(length)}`).join(', ');
}
