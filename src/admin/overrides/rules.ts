import type { Problem } from '../http/problem.ts';

/** Checks the rules for the times of an override. Other code checks single fields, and wrong ones are ignored here. */
export function timeProblems({ start, end }: Readonly<Record<string, unknown>>, epochMs: number): Problem[] {
  const endMs = typeof end === 'string' ? Date.parse(end) : Number.NaN;
  const startMs = typeof start === 'string' ? Date.parse(start) : Number.NaN;
  if (endMs <= epochMs) return [{ pointer: '/end', rule: 'is in the past' }];
  return endMs <= startMs ? [{ pointer: '/end', rule: 'must be after start' }] : [];
}
