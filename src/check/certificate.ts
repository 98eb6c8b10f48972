/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** Returns when a certificate ends, as time and in whole days from now, for alarms and log lines. */
export function certificateEnd(endsAtMs: number, epochMs: number) {
  return { endsAt: new Date(endsAtMs).toISOString(), daysLeft: Math.floor((endsAtMs - epochMs) / DAY_MS) };
}

/** Returns true where a certificate has ended or ends within `days`; 0 days: never. */
export function endsSoon(endsAtMs: number, epochMs: number, days: number): boolean {
  return days > 0 && endsAtMs - epochMs <= days * DAY_MS;
}
