/** RFC 3339 §5.6, without leap seconds. */
const TIME =
  /^([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$/;

/** Whether a text is a time of RFC 3339, on a day that there is. */
export function isRfc3339Time(text: string): boolean {
  const [, day] = TIME.exec(text) ?? [];
  if (day === undefined) return false;
  const atMs = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(day);
}
