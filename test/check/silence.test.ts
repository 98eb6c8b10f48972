import { expect, test } from 'vitest';
import { isSilent } from '../../src/check/silence.ts';

test.each([
  { intervalSeconds: 5, timeoutSeconds: 2, retries: 0, edge: 3, rule: 'a check takes at most one interval' },
  { intervalSeconds: 5, timeoutSeconds: 5, retries: 1, edge: 3, rule: 'a check takes at most two intervals' },
  { intervalSeconds: 5, timeoutSeconds: 6, retries: 1, edge: 4, rule: 'a check may take three intervals' },
  { intervalSeconds: 5, timeoutSeconds: 10, retries: 5, edge: 13, rule: 'a check may take a minute' },
  { intervalSeconds: 1, timeoutSeconds: 1, retries: 0, edge: 3, rule: 'the shortest interval' },
])('$rule: silent when due more than $edge times', ({ edge, ...monitor }) => {
  expect([isSilent(0, monitor), isSilent(edge, monitor), isSilent(edge + 1, monitor)]).toEqual([
    false,
    false,
    true,
  ]);
});
