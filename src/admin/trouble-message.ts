import type { StoreTrouble } from './health-source.ts';
import type { Message } from './http/envelope.ts';
import { ERRORS } from './http/errors.ts';

/** The code of the error that a write or a read would be answered with, for what is wrong. */
const CODES: Readonly<Record<StoreTrouble['kind'], number>> = {
  away: ERRORS.storeUnread.code,
  refuses: ERRORS.storeRefuses.code,
  disbelieved: ERRORS.storeDamaged.code,
};

/** What is wrong with the store as the messages of an answer. */
export function troubleMessages(trouble: readonly StoreTrouble[]): Message[] {
  return trouble.map(({ kind, text }) => ({ code: CODES[kind], message: text, type: null }));
}
