const UNITS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };

/**
 * Parses a time in seconds, as BIND writes it: a number of seconds, or numbers with the units w, d, h, m and s, such as `1h30m`.
 * Undefined: the text is no time. The result may exceed what its use allows.
 */
export function parseTime(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^(?:\d+[wdhms])+$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([wdhms])/gi))
    seconds += Number(count) * UNITS[unit!.toLowerCase()]!;
  return seconds;
}
