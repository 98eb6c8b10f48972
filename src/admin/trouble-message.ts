import type { StoreTrouble } from './health-source.ts';
import type { Message } from './http/envelope.ts';
import { ERRORS } from './http/errors.ts';

/** The code of the error that a write or a read would get, by kind of trouble. */
const CODES: Readonly<Record<StoreTrouble['kind'], number>> = {
  away: ERRORS.storeUnread.code,
  refuses: ERRORS.storeRefuses.code,
  disbelieved: ERRORS.storeDamaged.code,
};

/** Makes messages for an answer from the troubles of the store. */
export function troubleMessages(trouble: readonly StoreTrouble[]): Message[] {
  return trouble.map(({ kind, text }) => ({ code: CODES[kind], message: text, type: null }));
}
