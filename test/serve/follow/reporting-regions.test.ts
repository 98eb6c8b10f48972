import { expect, test } from 'vitest';
import { createReportingRegions, REGIONS_ACTIVE_MAX } from '../../../src/serve/follow/reporting-regions.ts';

test('a region is silent since it was last active, and a region that was never active is not listed', () => {
  let nowMs = 1_000;
  const regions = createReportingRegions(() => nowMs);
  expect(regions.silentMs).toEqual(new Map());
  regions.active('eu');
  nowMs = 1_400;
  regions.active('us');
  nowMs = 2_000;
  expect(regions.silentMs).toEqual(
    new Map([
      ['eu', 1_000],
      ['us', 600],
    ]),
  );
  regions.active('eu');
  expect(regions.silentMs.get('eu')).toBe(0);
});

test.each([
  { count: REGIONS_ACTIVE_MAX, first: 'r0', rule: 'at the bound' },
  { count: REGIONS_ACTIVE_MAX + 1, first: undefined, rule: 'one past it' },
])('of $count regions the first one kept is $first ($rule)', ({ count, first }) => {
  const regions = createReportingRegions(() => 0);
  for (let i = 0; i < count; i += 1) regions.active(`r${i}`);
  // The same observation again changes nothing.
  regions.active(`r${count - 1}`);
  expect(regions.silentMs.size).toBe(REGIONS_ACTIVE_MAX);
  expect([...regions.silentMs.keys()].find((region) => region === 'r0')).toBe(first);
});
