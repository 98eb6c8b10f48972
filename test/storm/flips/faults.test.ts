import { expect, test } from 'vitest';
import { FLIPS_SHARE_MIN, faults, MEMORY_GROWTH_MAX } from './faults.ts';

const load = { sent: 1_000, lost: 2, perSecond: 100, averageMs: 1, longestMs: 2, codes: '' };
const asked = { answers: 500, lost: 1, torn: 0, late: 0, examples: [] };
const ran = { load, asked, delayP99Ms: 1, delayMaxMs: 2, busy: 0.5, residentOctets: [90, 100, 95] };
const STORM = { ...ran, flipped: 10_000, seconds: 10, latenciesMs: [1] };
const most = 100 * MEMORY_GROWTH_MAX;
const fewest = 10_000 * FLIPS_SHARE_MIN;

test.each([
  { what: 'a storm without faults', fields: {}, found: [] },
  { what: 'a torn answer', fields: { asked: { ...asked, torn: 1 } }, found: ['1 answers were torn'] },
  {
    what: 'a late answer',
    fields: { asked: { ...asked, late: 2 } },
    found: ['2 answers were older than 1000 ms'],
  },
  {
    what: 'a query that dnsperf lost',
    fields: { load: { ...load, lost: 3 } },
    found: ['dnsperf lost 3 queries with flips, 2 without'],
  },
  {
    what: 'a query that the client lost',
    fields: { asked: { ...asked, lost: 2 } },
    found: ['2 queries were lost with flips, 1 without'],
  },
  { what: 'the maximum of memory', fields: { residentOctets: [100, most] }, found: [] },
  { what: 'more', fields: { residentOctets: [100, most + 1] }, found: ['memory grew 1.51-fold'] },
  { what: 'the minimum of flips', fields: { flipped: fewest }, found: [] },
  { what: 'fewer', fields: { flipped: fewest - 1 }, found: ['only 4999 flips of 10000'] },
  {
    what: 'several at once',
    fields: { asked: { ...asked, answers: 0, torn: 4 } },
    found: ['nothing was answered', '4 answers were torn'],
  },
])('$what: $found', ({ fields, found }) => {
  expect(faults({ calm: ran, storm: { ...STORM, ...fields }, flipsPerSecond: 1_000 })).toEqual(found);
});
