/** Whether a text is one mail address: something, `@`, something, without what separates or encloses addresses. */
export function isMailbox(text: string): boolean {
  return /^[^\s@,]+@[^\s@,]+$/.test(text);
}

/** The mail addresses of a list with commas between them, each once; those that are none are left out. */
export function mailboxesOf(list: string): string[] {
  const found = list.split(',').map((each) => each.trim());
  return [...new Set(found)].filter(isMailbox);
}
