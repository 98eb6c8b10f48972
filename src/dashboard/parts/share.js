import { html } from '../html.js';

/** Width of the bar of a whole, in its own units. */
const WIDTH = 60;

/**
 * A share of queries, as a bar and in percent.
 * @param {{ share: number }} props 0 to 1
 */
export function Share({ share }) {
  return html`<span class="share"><svg viewBox=${`0 0 ${WIDTH} 8`} width=${WIDTH} height="8" aria-hidden="true"><rect class="ground" width=${WIDTH} height="8" rx="2" /><rect class="ok" width=${share * WIDTH} height="8" rx="2" /></svg>${Math.round(share * 100)} %</span>`;
}
