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
  { case: 'who has the check, not who had it', live: [HOLDER, OTHER], of: [HOLDER, OTHER], speak: [HOLDER] },
  { case: 'who had it, until who has it reports', live: [HOLDER, OTHER], of: [OTHER], speak: [OTHER] },
  {
    case: 'who is gone, until its successor reports',
    was: [HOLDER, 'u'],
    live: [OTHER, 'u'],
    of: [HOLDER, 'u'],
    speak: [HOLDER, 'u'],
  },
  { case: 'nobody, where no reporter lives', was: [HOLDER], live: [], of: [HOLDER], speak: [] },
  {
    case: 'nobody, where the only one that lives is unable',
    live: [HOLDER],
    of: [HOLDER],
    unable: [HOLDER],
    speak: [],
  },
  {
    case: 'the others, where one is unable',
    live: [HOLDER, 'u'],
    of: [HOLDER, 'u'],
    unable: [HOLDER],
    speak: ['u'],
  },
  { case: 'no region of which nobody was ever live', live: ['u'], of: [HOLDER, 'u'], speak: ['u'] },
  {
    case: 'two, of as many probers',
    probersPerRegion: 2,
    live: [HOLDER, OTHER],
    of: [HOLDER, OTHER],
    speak: [HOLDER, OTHER],
  },
])('speaking: $case', ({ was = [], live, of, unable = [], probersPerRegion = 1, speak }) => {
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
