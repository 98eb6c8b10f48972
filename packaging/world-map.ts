/**
 * `npm run docs:map`: writes the map of the world that the dashboard shows, of the detailed one in `@svg-maps/world`. A test compares.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import world from '@svg-maps/world';

const FILE = fileURLToPath(new URL('../src/dashboard/map/world.js', import.meta.url));

/** Distance between two points of an outline below which the second one is left out, in units of the map (it is 1,010 wide). */
const STEP = 1.1;
/** Extent of an island below which it is left out, unless it is the largest of its country. */
const ISLAND = 1.1;
/** Extent of a country below which it is drawn as a dot, and the radius of the dot. */
const DOT_EXTENT = 2.4;
const DOT_RADIUS = 1.6;

/** Antarctica, which takes much room and from which nobody asks, and islands that have no code in ISO 3166-1. */
const LEFT_OUT: readonly string[] = ['AQ', 'GO', 'JU'];
/** The types of the package are those of CommonJS, which it is not. */
const { locations: LOCATIONS } = world as unknown as {
  readonly locations: readonly { readonly id: string; readonly path: string }[];
};

interface Outline {
  readonly points: readonly (readonly [number, number])[];
  readonly extent: number;
  readonly middle: readonly [number, number];
}

/** Returns the text of src/dashboard/map/world.js. */
export function worldModule(): string {
  const rows = LOCATIONS.map(({ id, path }) => ({
    code: id.slice(0, 2).toUpperCase(),
    path: simplified(path),
  })).filter(({ code }) => !LEFT_OUT.includes(code));
  // Islands with a code of their own belong to one country.
  const lines = [...Map.groupBy(rows, ({ code }) => code)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, parts]) => `${code} ${parts.map(({ path }) => path).join('')}`);
  return `/**
 * The outlines of countries, by "npm run docs:map" of the map of the world by Victor Cazanave (https://github.com/VictorCazanave/svg-maps),
 * which is under CC BY 4.0: made coarser here, without Antarctica. A line each: the code of the country, and the path of its outline.
 */
export const WORLD = \`
${lines.join('\n')}
\`;
`;
}

/** Makes a path coarser. It consists of \`m\` with relative points, and \`z\`. */
function simplified(path: string): string {
  const outlines = outlinesOf(path).toSorted((a, b) => b.extent - a.extent);
  const [largest] = outlines;
  if (largest === undefined) return '';
  if (largest.extent < DOT_EXTENT) {
    const [x, y] = largest.middle;
    const r = DOT_RADIUS;
    return `M${shown(x - r)} ${shown(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0-${2 * r} 0z`;
  }
  return outlines
    .filter(({ extent }) => extent >= ISLAND)
    .map(({ points }) => drawn(points))
    .join('');
}

function outlinesOf(path: string): Outline[] {
  let at: [number, number] = [0, 0];
  return path.split(/z\s*/i).flatMap((part) => {
    const steps = [...part.matchAll(/(-?[\d.]+(?:e-?\d+)?),(-?[\d.]+(?:e-?\d+)?)/g)];
    if (steps.length === 0) return [];
    const isAbsolute = part.trim().startsWith('M');
    const points = steps.map(([, dx, dy], index): [number, number] => {
      const from = index === 0 && isAbsolute ? [0, 0] : at;
      at = [from[0]! + Number(dx), from[1]! + Number(dy)];
      return at;
    });
    // After its end a path goes on where the outline began.
    at = points[0]!;
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    const extent = Math.max(right - left, bottom - top);
    return [{ points, extent, middle: [(left + right) / 2, (top + bottom) / 2] }];
  });
}

/** Writes an outline by the points of it that are far enough from the one before, with one decimal. */
function drawn(points: Outline['points']): string {
  const kept: (readonly [number, number])[] = [];
  for (const point of points) {
    const last = kept.at(-1);
    if (last === undefined || Math.hypot(point[0] - last[0], point[1] - last[1]) >= STEP) kept.push(point);
  }
  if (kept.length < 3) return '';
  let [x, y] = kept[0]!.map(tenths) as [number, number];
  const lines = kept.slice(1).map(([toX, toY]) => {
    const step = `${shown((tenths(toX) - x) / 10)} ${shown((tenths(toY) - y) / 10)}`;
    [x, y] = [tenths(toX), tenths(toY)];
    return step;
  });
  return `M${kept[0]!.map(shown).join(' ')}l${lines.join(' ').replaceAll(' -', '-')}z`;
}

function tenths(value: number): number {
  return Math.round(value * 10);
}

function shown(value: number): string {
  return String(Math.round(value * 10) / 10).replace(/^(-?)0\./, '$1.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FILE, worldModule());
