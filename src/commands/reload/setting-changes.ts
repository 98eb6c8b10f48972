import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../config/config.ts';

/** Sections that are one setting each, since their parts only count together. */
const WHOLE: readonly (keyof Config)[] = [
  'zones',
  'notifications',
  'limits',
  'targets',
  'health',
  'location',
  'geo',
];

/**
 * Returns the settings in which two configurations differ, in the words of the configuration file: `zones`, `log.level`,
 * `dns.rate_limit`.
 */
export function settingChanges(was: Config, now: Config): string[] {
  const sections = Object.keys({ ...was, ...now }) as (keyof Config)[];
  return sections.flatMap((section) => {
    const [before, after] = [was[section], now[section]];
    if (isDeepStrictEqual(before, after)) return [];
    if (WHOLE.includes(section) || typeof before !== 'object' || typeof after !== 'object')
      return [inFileWords(section)];
    const keys = Object.keys({ ...before, ...after });
    const differs = (key: string) =>
      !isDeepStrictEqual((before as Record<string, unknown>)[key], (after as Record<string, unknown>)[key]);
    return keys.filter(differs).map((key) => `${inFileWords(section)}.${inFileWords(key)}`);
  });
}

/** `rateLimit` as the configuration file has it: `rate_limit`. Units are the file's, too. */
function inFileWords(name: string): string {
  return name.replace(/Ms$/, 'Seconds').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
