/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** Returns true where a certificate has ended or ends within `days`; 0 days: never. */
export function endsSoon(endsAtMs: number, epochMs: number, days: number): boolean {
  return days > 0 && endsAtMs - epochMs <= days * DAY_MS;
}
