import type { Problem } from '../http/problem.ts';

/**
 * The rules of an override's times, for a body that may still break the rules of single fields: those are somebody
 * else's, and what they are about is passed over here.
 */
export function timeProblems({ start, end }: Readonly<Record<string, unknown>>, nowMs: number): Problem[] {
  const endMs = typeof end === 'string' ? Date.parse(end) : Number.NaN;
  const startMs = typeof start === 'string' ? Date.parse(start) : Number.NaN;
  if (endMs <= nowMs) return [{ pointer: '/end', rule: 'is in the past' }];
  return endMs <= startMs ? [{ pointer: '/end', rule: 'must be after start' }] : [];
}
