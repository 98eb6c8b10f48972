/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** Whether a certificate that ends at this time has ended, or does within so many days; 0 days: nobody wants to know. */
export function endsSoon(endsAtMs: number, nowMs: number, days: number): boolean {
  return days > 0 && endsAtMs - nowMs <= days * DAY_MS;
}
