import { isCount } from '../../record/record.ts';

const COUNTERS = `SELECT value FROM meta WHERE name IN ('revision', 'observed', 'event', 'token')`;
const COUNTERS_NUMBER = 4;

/**
 * Returns the sum of all counters of a file, which only grows; undefined: one of them is damaged, or lost. Throws what
 * `all` throws, which reads rows.
 */
export function countersIn(
  all: (sql: string) => readonly { readonly value?: unknown }[],
): number | undefined {
  const rows = all(COUNTERS);
  const sum = rows.reduce((total, { value }) => (isCount(value) ? total + value : Number.NaN), 0);
  return rows.length === COUNTERS_NUMBER && Number.isSafeInteger(sum) ? sum : undefined;
}
