import { expect, test } from 'vitest';
import type { CheckKey } from '../../src/check/check.ts';
import {
  EVERYWHERE,
  regionScopeOf,
  scopeIncludes,
  uncheckedPools,
  verdictKeyOf,
} from '../../src/voting/region-scope.ts';
import { makePool } from '../probe/checks.ts';

const BOTH = ['regional', 'global'];

test.each([
  { fields: {}, scope: EVERYWHERE, rule: 'reference API §3.1: without check_regions, all regions' },
  { fields: { checkRegions: null }, scope: EVERYWHERE, rule: 'null: all' },
  { fields: { checkRegions: [] }, scope: EVERYWHERE, rule: 'empty: all' },
  { fields: { checkRegions: ['WEU', 'ALL_REGIONS'] }, scope: EVERYWHERE, rule: 'ALL_REGIONS: all' },
  {
    fields: { checkRegions: ['WNAM', 'WEU', 'WNAM'] },
    scope: { regions: ['WEU', 'WNAM'], isOwnRegionFirst: false },
    rule: 'only the listed regions, in any order',
  },
  {
    fields: { checkRegions: ['WEU'], healthSources: BOTH },
    scope: { regions: ['WEU'], isOwnRegionFirst: true },
    rule: '§4.1 regional health',
  },
  {
    fields: { checkRegions: ['ALL_REGIONS'], healthSources: BOTH },
    scope: { isOwnRegionFirst: true },
    rule: '§4.1 regional health',
  },
  { fields: { healthSources: null }, scope: EVERYWHERE, rule: 'null: one verdict for all' },
])('$fields: $scope ($rule)', ({ fields, scope }) => {
  expect(regionScopeOf(makePool(fields))).toEqual(scope);
});

test('a worker checks the pools that list its region, and the pools without a list', () => {
  const list = regionScopeOf(makePool({ checkRegions: ['WNAM', 'WEU'] }));
  expect(['WNAM', 'WEU', 'EEU', 'weu', 'office'].filter((region) => scopeIncludes(list, region))).toEqual([
    'WNAM',
    'WEU',
  ]);
  expect(scopeIncludes(EVERYWHERE, 'office')).toBe(true);
});

test('equal scopes share a key, other scopes have other keys, and the scope of all regions is the check itself', () => {
  const check = '["m","192.0.2.1",80,""]' as CheckKey;
  const key = (fields: Parameters<typeof makePool>[0]) =>
    verdictKeyOf(check, regionScopeOf(makePool(fields)));
  expect(key({})).toBe(check);
  expect(key({ checkRegions: ['WEU', 'OC'] })).toBe(key({ checkRegions: ['OC', 'WEU'] }));
  const keys = [
    key({}),
    key({ checkRegions: ['WEU'] }),
    key({ checkRegions: ['OC'] }),
    key({ checkRegions: ['WEU'], healthSources: BOTH }),
    key({ checkRegions: ['ALL_REGIONS'], healthSources: BOTH }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test('a monitored pool is unchecked when no live region is in its list', () => {
  const pools = [
    makePool({ name: 'all' }),
    makePool({ name: 'here', checkRegions: ['WEU', 'OC'] }),
    makePool({ name: 'away', checkRegions: ['OC'] }),
    makePool({ name: 'off', checkRegions: ['OC'], enabled: false }),
    makePool({ name: 'unmonitored', checkRegions: ['OC'], monitor: null }),
  ];
  expect(uncheckedPools(pools, new Set(['WEU', 'office'])).map(({ name }) => name)).toEqual(['away']);
});
