import { html } from '../../html.js';
import { Sparkline } from '../../parts/sparkline.js';
import { Shape } from '../../parts/state.js';
import { lengthOf } from '../../parts/time.js';

/**
 * What the workers of one region found last about an endpoint.
 * @typedef {{ region: string, healthy: boolean | null, counts: boolean, heldBack: boolean, newest: any, workers: number }} RegionResult
 */

/**
 * Returns the results of an endpoint by region, as `explain` has them; none where it is not known.
 * @param {any} explained
 * @returns {RegionResult[]}
 */
export function resultsOf(explained) {
  /** @type {Map<string, RegionResult>} */
  const found = new Map();
  for (const monitor of explained?.monitors ?? []) {
    if (!monitor.runs) continue;
    for (const { region, healthy, counts, held_back: heldBack, workers } of monitor.regions) {
      const live = workers.filter((/** @type {any} */ each) => each.live);
      const newest = (live.length > 0 ? live : workers).toSorted(
        (/** @type {any} */ a, /** @type {any} */ b) => a.age_seconds - b.age_seconds,
      )[0];
      const before = found.get(region);
      // Of several monitors, the one that fails says why.
      if (before !== undefined && (before.healthy === false || healthy !== false)) continue;
      found.set(region, { region, healthy, counts, heldBack, newest, workers: live.length });
    }
  }
  return [...found.values()];
}

/**
 * The verdict of a region, its reason, the response time and its last hour, how many equal results there were in a row, and the age of the last.
 * @param {{ result: RegionResult | undefined, times: readonly (number | null)[] }} props `times`: those of the last hour
 */
export function ResultCell({ result, times }) {
  if (result === undefined || result.newest === undefined) return html`<span class="quiet">no result</span>`;
  const { healthy, newest, counts, heldBack, workers } = result;
  const { reason, detail, rtt_ms: rttMs, streak, age_seconds: age, last_ok: lastOk } = newest;
  const state = healthy === null ? 'unknown' : healthy ? 'healthy' : 'unhealthy';
  const notes = [
    workers > 1 ? `${workers} workers` : '',
    counts ? '' : 'does not count',
    heldBack ? 'kept in answers: a mass failure' : '',
    healthy === lastOk || healthy === null ? '' : 'about to change',
  ].filter((note) => note !== '');
  return html`<div class="result">
    <span><${Shape} state=${state} /> <span class="visually-hidden">${state}</span>${rttMs.toFixed(rttMs < 10 ? 1 : 0)} ms</span>
    <${Sparkline} values=${times} label="Last hour" unit="ms" />
    ${lastOk ? null : html`<span class="bad">${reason}${detail ? `: ${detail}` : ''}</span>`}
    <span class="quiet">${streak} in a row, ${age < 1 ? 'now' : `${lengthOf(age)} ago`}</span>
    ${notes.length === 0 ? null : html`<span class="quiet">${notes.join(', ')}</span>`}
  </div>`;
}
