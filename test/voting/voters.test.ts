import { expect, test } from 'vitest';
import type { CheckKey } from '../../src/check/check.ts';
import { assigned } from '../../src/voting/assignment.ts';
import { createRoster } from '../../src/voting/roster.ts';
import { votesOf } from '../../src/voting/voters.ts';
import { makeObservation } from '../monitor/observations.ts';

const CHECK = 'check' as CheckKey;
/** The worker that has the check of two, and the other; both of region eu. */
const [HOLDER, OTHER] = assigned(CHECK, ['a', 'b'], 2) as [string, string];
const regionOf = (id: string) => (id === 'u' ? 'us' : 'eu');

test.each([
  { case: 'the assigned worker alone', live: [HOLDER, OTHER], of: [HOLDER, OTHER], speak: [HOLDER] },
  { case: 'the former worker, until the new reports', live: [HOLDER, OTHER], of: [OTHER], speak: [OTHER] },
  {
    case: 'the dead worker, until its successor reports',
    was: [HOLDER, 'u'],
    live: [OTHER, 'u'],
    of: [HOLDER, 'u'],
    speak: [HOLDER, 'u'],
  },
  { case: 'none, when no reporter is live', was: [HOLDER], live: [], of: [HOLDER], speak: [] },
  {
    case: 'none, when the only live worker cannot check',
    live: [HOLDER],
    of: [HOLDER],
    unable: [HOLDER],
    speak: [],
  },
  {
    case: 'the others, when one cannot check',
    live: [HOLDER, 'u'],
    of: [HOLDER, 'u'],
    unable: [HOLDER],
    speak: ['u'],
  },
  { case: 'none from a region that never had a live worker', live: ['u'], of: [HOLDER, 'u'], speak: ['u'] },
  {
    case: 'both, with two probers per region',
    probersPerRegion: 2,
    live: [HOLDER, OTHER],
    of: [HOLDER, OTHER],
    speak: [HOLDER, OTHER],
  },
])('the votes that count: $case', ({ was = [], live, of, unable = [], probersPerRegion = 1, speak }) => {
  const roster = createRoster();
  const workers = (ids: readonly string[]) => ids.map((id) => ({ id, region: regionOf(id), startedAtMs: 0 }));
  roster.update(workers(was), 0);
  roster.update(workers(live), 1_000);
  const fault = (id: string) => (unable as string[]).includes(id) && { fault: 'cannot' };
  const all = of.map((id) =>
    makeObservation({ check: CHECK, region: regionOf(id), worker: id, ...fault(id) }),
  );
  const counting = votesOf(CHECK, all, { roster, probersPerRegion });
  expect(counting.map(({ worker }) => worker)).toEqual(speak);
});
