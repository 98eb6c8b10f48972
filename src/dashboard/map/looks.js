import { html } from '../html.js';

/** How many answers have a look of their own on the map; the others share the last look. */
export const LOOKS_MAX = 8;

/** The patterns over the colours, so that colour alone never tells two answers apart. The first has none. */
const LINES = [
  '',
  'M-1 7 7-1M-1 1 1-1M5 7 7 5',
  'M0 3h6',
  'M1.5 1.5h1.2v1.2h-1.2zM4.5 4.5h1.2v1.2h-1.2z',
  'M3 0v6',
  'M-1 7 7-1M-1-1 7 7',
  'M0 1.5h6M0 4.5h6',
  'M-1-1 7 7M-1 5 1 7M5-1 7 1',
];

/**
 * The fill of the answer with a number.
 * @param {number} look
 */
export function fillOf(look) {
  return `url(#look-${Math.min(look, LOOKS_MAX - 1)})`;
}

/** Defines the fills. */
export function Looks() {
  return html`<defs>${LINES.map(
    (
      lines,
      look,
    ) => html`<pattern key=${look} id=${`look-${look}`} width="6" height="6" patternUnits="userSpaceOnUse">
      <rect class=${`look look-${look}`} width="6" height="6" /><path class="lines" d=${lines} />
    </pattern>`,
  )}</defs>`;
}

/**
 * A sample of a fill, for a legend.
 * @param {{ look: number }} props
 */
export function Sample({ look }) {
  return html`<svg class="sample" viewBox="0 0 18 12" width="18" height="12" aria-hidden="true"><rect width="18" height="12" rx="2" fill=${fillOf(look)} /></svg>`;
}
