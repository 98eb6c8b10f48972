import { InvalidArgumentError } from 'commander';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Converts a length of time such as `30s`, `5m`, `2h` or `1d` to milliseconds. Throws InvalidArgumentError, which commander prints. */
export function durationMs(text: string): number {
  const [, count, unit] = /^([1-9][0-9]{0,5})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('It must be a time such as 30s, 5m, 2h or 1d.');
  return Number(count) * UNITS_MS[unit!]!;
}
