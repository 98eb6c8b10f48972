import { expect, test } from 'vitest';
import { HINT_NAMES_MAX, hintFor } from '../../src/admin/explain/hint.ts';
import { questionOf } from '../../src/admin/explain/question.ts';
import { parseName } from '../../src/dns/name.ts';
import { zoneFile } from '../zone/zone-file.ts';

const org = zoneFile('example.org', '', { pools: 'pools' });
const plain = zoneFile('example.net', '');
const zonesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => zoneFile(`z${i}.example`, '', { pools: 'p' }));
const named = (label: string) => (label === 'web' ? 'Web' : undefined);

test.each([
  ['web', [org, plain], 'Pool "Web" is answered at Web.pools.example.org.'],
  ['web.example.org', [org], 'Pool "Web" is answered at Web.pools.example.org.'],
  ['web', [plain], 'There is a pool "Web", but no zone has a name for pools.'],
  ['x.pools.example.org', [org], 'Pools are answered below pools.example.org.'],
  ['x.example.net', [plain], null],
  ['x', [org, plain], 'The zones of this server: example.org., example.net.'],
  ['x', [], null],
])('hint for %s in zones %#', (name, zones, hint) => {
  expect(hintFor(parseName(name), zones, named)).toBe(hint);
});

test.each([
  [HINT_NAMES_MAX, 'z4.example.'],
  [HINT_NAMES_MAX + 1, 'z4.example. and 1 more.'],
])('with %i zones a hint ends with %s', (count, end) => {
  expect(hintFor(parseName('x'), zonesOf(count), named)!.endsWith(`, ${end}`)).toBe(true);
});

test.each([
  { ecs: '192.0.2.7', bits: 24, octets: [192, 0, 2, 0] },
  { ecs: '192.0.2.7/32', bits: 32, octets: [192, 0, 2, 7] },
  { ecs: '2001:db8::1', bits: 56, octets: [0x20, 1, 0x0d, 0xb8, ...Array(12).fill(0)] },
])('a client subnet $ecs has $bits bits (RFC 7871 §11.1)', ({ ecs, bits, octets }) => {
  expect(questionOf({ name: 'example.org', ecs })).toMatchObject({
    subnet: { bits, octets: Uint8Array.from(octets) },
  });
});
