import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { worldModule } from '../../packaging/world-map.ts';
import { REGIONS } from '../../src/place/regions.ts';

const FILE = new URL('../../src/dashboard/map/world.js', import.meta.url);

test('the map of the dashboard is that of its source: run "npm run docs:map" where it is not', () => {
  expect(readFileSync(FILE, 'utf8')).toBe(worldModule());
});

test('the map has an outline of every country but Antarctica, and of nothing else', () => {
  const drawn = worldModule()
    .split('`')[1]!
    .trim()
    .split('\n')
    .map((line) => /^([A-Z]{2}) M[\d.lazM -]+z$/.exec(line)?.[1] ?? line);
  const known = REGIONS.flatMap(({ countries }) => countries.map(({ code }) => code));
  expect(drawn.filter((code) => !known.includes(code))).toEqual([]);
  expect([...new Set(known)].filter((code) => !drawn.includes(code))).toEqual(['AQ']);
});
