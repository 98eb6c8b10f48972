import { isPlainName } from './plain-text.ts';

/**
 * Returns true for one mail address: text, `@`, text, without characters that separate addresses, and without controls and
 * invisible ones, which no mail server takes (RFC 5321 §4.1.2, RFC 6531 §3.3).
 */
export function isMailbox(text: string): boolean {
  return /^[^\s@,]+@[^\s@,]+$/.test(text) && isPlainName(text);
}

/** Returns the mail addresses of a comma-separated list, each once, without those that are invalid. */
export function mailboxesOf(list: string): string[] {
  const found = list.split(',').map((each) => each.trim());
  return [...new Set(found)].filter(isMailbox);
}
