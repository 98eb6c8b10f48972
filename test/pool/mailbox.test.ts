import { expect, test } from 'vitest';
import { isMailbox, mailboxesOf } from '../../src/pool/mailbox.ts';

test.each([
  { text: 'ops@example.org', is: true },
  { text: 'größe@example.org', is: true },
  { text: 'ops@', is: false },
  { text: 'a b@example.org', is: false },
  // Controls, and what changes the direction of a text or is not seen, reached mail servers and terminals.
  { text: 'a\0b@example.org', is: false },
  { text: 'a\u001b[2J@example.org', is: false },
  { text: 'a\u007f@example.org', is: false },
  { text: 'a\u009b@example.org', is: false },
  { text: 'a\u202eb@example.org', is: false },
  { text: 'ab@exa\u200bmple.org', is: false },
])('$text is a mail address: $is (RFC 5321 §4.1.2)', ({ text, is }) => {
  expect(isMailbox(text)).toBe(is);
  expect(mailboxesOf(`${text}, b@example.org`)).toEqual(is ? [text, 'b@example.org'] : ['b@example.org']);
});
