/** Milliseconds since the epoch as RFC 3339 in UTC with microseconds, the form the API uses for every time. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
