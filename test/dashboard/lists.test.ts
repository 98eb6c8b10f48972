/** Lists that the page of the dashboard has of its own, since a browser cannot load the modules of the server. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EVENT_KINDS } from '../../src/event/event.ts';
import { REGION_CODES } from '../../src/place/regions.ts';
import { parseRdata } from '../../src/rdata/rdata.ts';
import { AUTHORED_TYPES, recordTypeNumber } from '../../src/rdata/record-type.ts';
import { PROJECT } from '../support/source-tree.ts';

test.each([
  ['shell/live.js', 'KINDS', EVENT_KINDS],
  ['views/explain/suppositions.js', 'REGIONS', REGION_CODES],
])('%s has every one of %s', (file, name, wanted) => {
  const source = readFileSync(join(PROJECT, 'src/dashboard', file), 'utf8');
  const [, list = ''] = new RegExp(`const ${name} = \\[([^\\]]*)\\]`).exec(source) ?? [];
  expect([...list.matchAll(/'([^']+)'/g)].map(([, value]) => value).sort()).toEqual(wanted.toSorted());
});

test('the form of records offers every type with a name, each with an example that the API takes', async () => {
  const { EXAMPLES } = (await import(join(PROJECT, 'src/dashboard/views/zones/record-types.js'))) as {
    EXAMPLES: Record<string, string>;
  };
  expect(Object.keys(EXAMPLES)).toEqual(AUTHORED_TYPES);
  for (const [type, content] of Object.entries(EXAMPLES))
    expect(() => parseRdata(recordTypeNumber(type)!, content), `${type} ${content}`).not.toThrow();
});

test.each([
  { what: 'nothing', values: [], path: '' },
  { what: 'a number alone', values: [null, 5, null], path: 'M48.0 2.0h0.01' },
  {
    what: 'numbers with a gap',
    values: [0, 10, null, 5, 10],
    path: 'M2.0 18.0h0.01L25.0 2.0M71.0 10.0h0.01L94.0 2.0',
  },
])('a line is drawn of $what', async ({ values, path }) => {
  const { pathOf } = (await import(join(PROJECT, 'src/dashboard/parts/sparkline.js'))) as {
    pathOf(values: readonly (number | null)[], max: number): string;
  };
  expect(pathOf(values, Math.max(...values.map((value) => value ?? 0)))).toBe(path);
});
