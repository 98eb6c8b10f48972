import { expect, test } from 'vitest';
import type { StoredDocument } from '../../../src/store/contract/documents.ts';
import { repairSteps, STEP_CHARACTERS, STEP_DOCUMENTS } from '../../../src/store/redis/integrity/repair.ts';
import { monitor } from '../contract/samples.ts';

/** Monitors whose values have so many characters each. */
function monitors(...lengths: number[]): StoredDocument[] {
  return lengths.map((length, at) => {
    const id = String(at);
    const bare = JSON.stringify(monitor(id, { description: '' })).length;
    return {
      kind: 'monitor',
      id,
      revision: 1,
      value: monitor(id, { description: 'x'.repeat(length - bare) }),
    };
  });
}

/** How many documents each step has. */
function sizes(documents: readonly StoredDocument[], deleted = 0): number[] {
  const kept = documents.map((document) => ({ document, isChanged: false, unique: [], references: [] }));
  const gone = monitors(...Array<number>(deleted).fill(1_000)).map(({ kind, id }) => ({ kind, id }));
  return [...repairSteps(documents, { kept, deleted: gone })].map((step) => step.length);
}

const HALF = STEP_CHARACTERS / 2;
test.each([
  { what: 'nothing', lengths: [], steps: [0] },
  {
    what: 'as many documents as a step takes',
    lengths: Array(STEP_DOCUMENTS).fill(1_000),
    steps: [STEP_DOCUMENTS],
  },
  { what: 'one more', lengths: Array(STEP_DOCUMENTS + 1).fill(1_000), steps: [STEP_DOCUMENTS, 1] },
  { what: 'as many characters as a step takes', lengths: [HALF, HALF], steps: [2] },
  { what: 'one more', lengths: [HALF, HALF + 1], steps: [1, 1] },
  { what: 'a document larger than a step', lengths: [1_000, STEP_CHARACTERS + 1, 1_000], steps: [1, 1, 1] },
])('a repair writes $what in steps of $steps', ({ lengths, steps }) => {
  expect(sizes(monitors(...lengths))).toEqual(steps);
});

test('documents that a repair deletes count as well', () => {
  expect(sizes(monitors(1_000), STEP_DOCUMENTS)).toEqual([STEP_DOCUMENTS, 1]);
});
