/**
 * Returns true for an expression and what replaces a match of it, each between the first character of the text, with the flag `i`
 * or nothing at the end (RFC 3402 §3.2), as in `!^.*$!sip:info@example.com!`.
 */
export function isSubstitution(text: string): boolean {
  const delimiter = text[0];
  if (delimiter === undefined || /[\\1-9i]/.test(delimiter)) return false;
  const [expression, replacement, flags, ...rest] = unescapedParts(text.slice(1), delimiter);
  if (!expression || replacement === undefined || rest.length > 0) return false;
  if (flags !== '' && flags !== 'i') return false;
  let groups: number;
  try {
    // With nothing as an alternative it matches at once, and the match has as many groups as the expression.
    groups = new RegExp(`|${expression}`).exec('')!.length - 1;
  } catch {
    return false;
  }
  return [...replacement.matchAll(/\\(\d)/g)].every(
    ([, digit]) => Number(digit) >= 1 && Number(digit) <= groups,
  );
}

/** Splits at a delimiter; a backslash before one keeps it in its part. */
function unescapedParts(text: string, delimiter: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (let at = 0; at < text.length; at += 1) {
    const [next, after] = [text[at]!, text[at + 1]];
    if (next === delimiter) {
      parts.push(part);
      part = '';
    } else if (next === '\\' && after !== undefined) {
      part += after === delimiter ? delimiter : next + after;
      at += 1;
    } else part += next;
  }
  return [...parts, part];
}
