import { expect, test } from 'vitest';
import type { CheckKey } from '../../src/check/check.ts';
import { EVERYWHERE, sees, sightOf, unwatched, viewKeyOf } from '../../src/voting/region-scope.ts';
import { makePool } from '../probe/checks.ts';

const BOTH = ['regional', 'global'];

test.each([
  { fields: {}, sight: EVERYWHERE, rule: 'reference API §3.1: no check_regions, all regions' },
  { fields: { checkRegions: null }, sight: EVERYWHERE, rule: 'null: all' },
  { fields: { checkRegions: [] }, sight: EVERYWHERE, rule: 'empty: all' },
  { fields: { checkRegions: ['WEU', 'ALL_REGIONS'] }, sight: EVERYWHERE, rule: 'ALL_REGIONS: all' },
  {
    fields: { checkRegions: ['WNAM', 'WEU', 'WNAM'] },
    sight: { regions: ['WEU', 'WNAM'], isOwnRegionFirst: false },
    rule: 'these and no others, in any order',
  },
  {
    fields: { checkRegions: ['WEU'], healthSources: BOTH },
    sight: { regions: ['WEU'], isOwnRegionFirst: true },
    rule: '§4.1 regional health',
  },
  {
    fields: { checkRegions: ['ALL_REGIONS'], healthSources: BOTH },
    sight: { isOwnRegionFirst: true },
    rule: '§4.1 regional health',
  },
  { fields: { healthSources: null }, sight: EVERYWHERE, rule: 'null: one verdict for all' },
])('$fields: $sight ($rule)', ({ fields, sight }) => {
  expect(sightOf(makePool(fields))).toEqual(sight);
});

test('a worker checks for a pool whose list has its label, and for one without a list', () => {
  const list = sightOf(makePool({ checkRegions: ['WNAM', 'WEU'] }));
  expect(['WNAM', 'WEU', 'EEU', 'weu', 'office'].filter((region) => sees(list, region))).toEqual([
    'WNAM',
    'WEU',
  ]);
  expect(sees(EVERYWHERE, 'office')).toBe(true);
});

test('equal sights of a check have one key, others have others, and that of everywhere is the check', () => {
  const check = '["m","192.0.2.1",80,""]' as CheckKey;
  const key = (fields: Parameters<typeof makePool>[0]) => viewKeyOf(check, sightOf(makePool(fields)));
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

test('a monitored pool is unwatched when no live region is in its list', () => {
  const pools = [
    makePool({ name: 'all' }),
    makePool({ name: 'here', checkRegions: ['WEU', 'OC'] }),
    makePool({ name: 'away', checkRegions: ['OC'] }),
    makePool({ name: 'off', checkRegions: ['OC'], enabled: false }),
    makePool({ name: 'unmonitored', checkRegions: ['OC'], monitor: null }),
  ];
  expect(unwatched(pools, new Set(['WEU', 'office'])).map(({ name }) => name)).toEqual(['away']);
});
