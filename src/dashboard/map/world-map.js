import { useEffect, useMemo, useState } from 'preact/hooks';
import { html } from '../html.js';
import { fillOf, Looks } from './looks.js';

/** The part of the map that is shown: without the empty south, and without the far north, which the map makes much too large. */
const VIEW_BOX = '0 115 1010 550';

/** @type {Promise<[string, string][]> | undefined} */
let reading;

/** Reads the outlines, which are large, when a map is first shown. */
function outlines() {
  reading ??= import('./world.js').then(({ WORLD }) =>
    WORLD.trim()
      .split('\n')
      .map((line) => [line.slice(0, 2), line.slice(3)]),
  );
  return reading;
}

/**
 * A map of the world. `looks`: by country its look, and what is said of it; a country without one is left blank.
 * @param {{ label: string, looks: ReadonlyMap<string, { look: number, text: string }> }} props
 */
export function WorldMap({ label, looks }) {
  const [countries, setCountries] = useState(/** @type {[string, string][]} */ ([]));
  useEffect(() => {
    outlines().then(setCountries, () => undefined);
  }, []);
  const drawn = useMemo(
    () =>
      countries.map(([code, path]) => {
        const found = looks.get(code);
        return html`<path key=${code} d=${path} fill=${found && fillOf(found.look)} class="country"><title>${found?.text ?? code}</title></path>`;
      }),
    [countries, looks],
  );
  return html`<svg class="world" viewBox=${VIEW_BOX} role="img" aria-label=${label}><${Looks} />${drawn}</svg>`;
}
