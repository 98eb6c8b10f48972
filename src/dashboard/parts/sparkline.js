import { html } from '../html.js';

/** Width and height of the picture, in its own units. */
const WIDTH = 96;
const HEIGHT = 20;
/** Room for the line above and below. */
const EDGE = 2;

/**
 * A line of numbers over time; null is a gap. Nothing where there is no number.
 * @param {{ values: readonly (number | null)[], label: string, unit: string }} props
 */
export function Sparkline({ values, label, unit }) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const max = Math.max(...known);
  const words = `${label}: ${shortOf(Math.min(...known))} to ${shortOf(max)} ${unit}`;
  return html`<svg class="sparkline" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} width=${WIDTH} height=${HEIGHT} role="img" aria-label=${words}><title>${words}</title><path d=${pathOf(values, max)} /></svg>`;
}

/**
 * Draws the line from 0 at the bottom to the greatest number at the top. A number alone is a point.
 * @param {readonly (number | null)[]} values
 * @param {number} max
 */
export function pathOf(values, max) {
  const step = (WIDTH - 2 * EDGE) / Math.max(1, values.length - 1);
  let path = '';
  let isDrawn = false;
  for (const [i, value] of values.entries()) {
    if (value !== null) {
      const [x, y] = [EDGE + i * step, HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value / (max || 1))];
      const at = `${x.toFixed(1)} ${y.toFixed(1)}`;
      path += isDrawn ? `L${at}` : `M${at}h0.01`;
    }
    isDrawn = value !== null;
  }
  return path;
}

/** @param {number} value */
function shortOf(value) {
  return value.toFixed(value < 10 ? 1 : 0);
}
