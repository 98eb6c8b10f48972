/** Lists that the page of the dashboard has of its own, since a browser cannot load the modules of the server. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EVENT_KINDS } from '../../src/event/event.ts';
import { REGION_CODES } from '../../src/place/regions.ts';
import { PROJECT } from '../support/source-tree.ts';

test.each([
  ['shell/live.js', 'KINDS', EVENT_KINDS],
  ['views/explain/suppositions.js', 'REGIONS', REGION_CODES],
])('%s has every one of %s', (file, name, wanted) => {
  const source = readFileSync(join(PROJECT, 'src/dashboard', file), 'utf8');
  const [, list = ''] = new RegExp(`const ${name} = \\[([^\\]]*)\\]`).exec(source) ?? [];
  expect([...list.matchAll(/'([^']+)'/g)].map(([, value]) => value).sort()).toEqual(wanted.toSorted());
});
