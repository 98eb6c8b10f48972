/** Returns true for one mail address: text, `@`, text, without characters that separate or enclose addresses. */
export function isMailbox(text: string): boolean {
  return /^[^\s@,]+@[^\s@,]+$/.test(text);
}

/** Returns the mail addresses of a comma-separated list, each once, without those that are invalid. */
export function mailboxesOf(list: string): string[] {
  const found = list.split(',').map((each) => each.trim());
  return [...new Set(found)].filter(isMailbox);
}
