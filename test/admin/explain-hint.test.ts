import { expect, test } from 'vitest';
import { HINT_NAMES_MAX, hintFor } from '../../src/admin/explain/hint.ts';
import { parseName } from '../../src/dns/name.ts';
import { zoneFile } from '../zone/zone-file.ts';

const org = zoneFile('example.org', '', { pools: 'pools' });
const plain = zoneFile('example.net', '');
const zonesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => zoneFile(`z${i}.example`, '', { pools: 'p' }));
const named = (label: string) => (label === 'web' ? 'Web' : undefined);

test.each([
  ['web', [org, plain], 'web. is in no zone of this server; the pool Web answers at Web.pools.example.org.'],
  [
    'web.example.org',
    [org],
    'nothing is at web.example.org.; the pool Web answers at Web.pools.example.org.',
  ],
  [
    'web',
    [plain],
    'web. is in no zone of this server; there is a pool Web, and no zone in which pools answer',
  ],
  ['x.pools.example.org', [org], 'nothing is at x.pools.example.org.; pools answer below pools.example.org.'],
  ['x.example.net', [plain], 'nothing is at x.example.net.'],
  ['x', [org, plain], 'x. is in no zone of this server; it has example.org., example.net.'],
  ['x', [], 'x. is in no zone of this server'],
])('%s in %#', (name, zones, hint) => {
  expect(hintFor(parseName(name), zones, named)).toBe(hint);
});

test.each([
  [HINT_NAMES_MAX, 'z4.example.'],
  [HINT_NAMES_MAX + 1, 'z4.example. and 1 more'],
])('of %i zones a hint ends with %s', (count, end) => {
  expect(hintFor(parseName('x'), zonesOf(count), named).endsWith(`, ${end}`)).toBe(true);
});
