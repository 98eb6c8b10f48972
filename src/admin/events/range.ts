import { invalid } from '../http/problem.ts';

/** The range of time that a request asks for, milliseconds since the epoch. */
export interface AskedRange {
  readonly askedMs: number;
  /** Not in the future. */
  readonly untilMs: number;
}

/** Reads the range of a request: `lengthMs` until now, where it names no other. Throws what is wrong with it. */
export function rangeOf(
  { since, until }: { readonly since?: string; readonly until?: string },
  lengthMs: number,
  nowMs: number,
): AskedRange {
  const untilMs = Math.min(until === undefined ? nowMs : Date.parse(until), nowMs);
  const askedMs = since === undefined ? untilMs - lengthMs : Date.parse(since);
  if (askedMs >= untilMs)
    throw invalid([{ pointer: '/since', rule: 'must be before until, and not in the future' }]);
  return { askedMs, untilMs };
}
