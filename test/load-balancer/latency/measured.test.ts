import { expect, test } from 'vitest';
import { type Measured, regionRttsMs } from '../../../src/load-balancer/latency/measured.ts';

type Result = Measured['observations'][number];
const result = (region: string, rttMs: number, fields: Partial<Result> = {}): Result => ({
  region,
  rttMs,
  atMs: 1,
  lastOk: true,
  ...fields,
});
const monitor = (...observations: Result[]): Measured => ({ monitoringOnly: false, observations });

test.each([
  { what: 'nothing without members', members: [], expected: {} },
  { what: 'nothing without results', members: [[monitor()]], expected: {} },
  {
    what: 'each region by its own results',
    members: [[monitor(result('WEU', 10), result('OC', 300))]],
    expected: { WEU: 10, OC: 300 },
  },
  {
    what: 'the mean over the members, of those that a region measured',
    members: [[monitor(result('WEU', 10), result('OC', 300))], [monitor(result('WEU', 20))]],
    expected: { WEU: 15, OC: 300 },
  },
  {
    what: 'the newest result of a region',
    members: [[monitor(result('WEU', 10, { atMs: 2 }), result('WEU', 99))]],
    expected: { WEU: 10 },
  },
  {
    what: 'the mean over the monitors of a group that have a vote, before that over the members',
    members: [
      [
        monitor(result('WEU', 10)),
        monitor(result('WEU', 30)),
        { ...monitor(result('WEU', 900)), monitoringOnly: true },
      ],
      [monitor(result('WEU', 40))],
    ],
    expected: { WEU: 30 },
  },
  {
    what: 'no check that failed, or that could not be run',
    members: [
      [monitor(result('WEU', 5_000, { lastOk: false }), result('OC', 0, { fault: 'no route' }))],
      [monitor(result('WEU', 10))],
    ],
    expected: { WEU: 10 },
  },
])('the time to a pool is $what', ({ members, expected }) =>
  expect(Object.fromEntries(regionRttsMs(members))).toEqual(expected),
);
