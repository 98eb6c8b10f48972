import { expect, test } from 'vitest';
import { type ProbeRule, wrongProbes } from './probes.ts';

const rule: ProbeRule = { fromMs: 0, toMs: 60_000, intervalMs: 1_000, moveMs: 5_000, absences: [] };
/** Probes from one time to another, an interval apart. */
const every = (fromMs: number, toMs: number) =>
  Array.from({ length: Math.floor((toMs - fromMs) / 1_000) }, (_, i) => fromMs + i * 1_000);
const both = (...all: readonly number[][]) => all.flat().sort((a, b) => a - b);

test.each([
  ['one worker', every(0, 60_000), rule, []],
  ['a check that moves within its time', both(every(0, 20_000), every(26_000, 60_000)), rule, []],
  [
    'a check that nobody runs',
    both(every(0, 20_000), every(40_000, 60_000)),
    rule,
    ['web was not probed for 21.0 s'],
  ],
  [
    'a check that nobody runs, while its region has no worker',
    both(every(0, 20_000), every(40_000, 60_000)),
    { ...rule, absences: [{ fromMs: 20_000, toMs: 39_000 }] },
    [],
  ],
  ['a check that nobody takes up', every(0, 20_000), rule, ['web was not probed for 41.0 s']],
  ['a check that nobody begins', every(30_000, 60_000), rule, ['web was not probed for 30.0 s']],
  ['two workers while a check moves', both(every(0, 60_000), every(20_300, 25_300)), rule, []],
  [
    'two workers for longer',
    both(every(0, 60_000), every(20_300, 35_300)),
    rule,
    ['web was probed 18 times within 10 s, which is 17 at most'],
  ],
])('of probes it finds wrong: %s', (_, times, how, wrong) => {
  expect(wrongProbes('web', times, how)).toEqual(wrong);
});
