import { createPieces } from '../../pace/next-turn.ts';
import { PATTERNS_MAX } from '../limits.ts';
import { automatonOf, PatternFault } from './matches.ts';
import { patternsOf, readCondition } from './read.ts';

/**
 * Reads the conditions of one load balancer in steps, of an automaton or of a condition each: ten automata take half a second, as do a
 * hundred long conditions. Who reads the conditions next finds the readings kept. Takes PATTERNS_MAX patterns at the most; problems are
 * for readCondition() to report.
 */
export function* readInSteps(conditions: readonly string[]): Generator<void> {
  let left = PATTERNS_MAX;
  for (const condition of conditions) {
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
    readCondition(condition);
    yield;
  }
}

/** The same, and lets others work after each step. */
export async function prepareConditions(conditions: readonly string[]): Promise<void> {
  const isLong = createPieces();
  for (const _ of readInSteps(conditions)) {
    const rest = isLong();
    if (rest) await rest;
  }
}
