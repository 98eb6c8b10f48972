import { createPieces } from '../../pace/next-turn.ts';
import { PATTERNS_MAX } from '../limits.ts';
import { automatonOf, PatternFault } from './matches.ts';
import { patternsOf } from './read.ts';

/**
 * Makes the automata of the conditions of one load balancer, one a step: ten take half a second. Who reads the conditions next finds the
 * outcomes kept. Takes PATTERNS_MAX patterns at the most; problems are for readCondition() to report.
 */
export function* automataOf(conditions: readonly string[]): Generator<void> {
  let left = PATTERNS_MAX;
  for (const condition of conditions)
    for (const pattern of patternsOf(condition)) {
      if (left === 0) return;
      left -= 1;
      try {
        automatonOf(pattern);
      } catch (error) {
        if (!(error instanceof PatternFault)) throw error;
      }
      yield;
    }
}

/** The same, and lets others work after each step. */
export async function prepareConditions(conditions: readonly string[]): Promise<void> {
  const isLong = createPieces();
  for (const _ of automataOf(conditions)) {
    const rest = isLong();
    if (rest) await rest;
  }
}
