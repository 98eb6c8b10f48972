import type { Configuration } from '../store/contract/documents.ts';
import type { Message } from './http/envelope.ts';

/** The code of the message. */
export const EXPORT_OF_DAMAGED = 10108;

/** Says that an export may differ from what is answered, because the store that was read is damaged; undefined: it is not. */
export function damageWords({ loss, damaged }: Configuration): string | undefined {
  const unread = damaged && damaged.documents.length + damaged.unnamed;
  const why = loss ?? (unread && `${unread} of its documents cannot be read`);
  if (!why) return undefined;
  return `The store is damaged: ${why}. This export may lack what is answered, or have what is not. "lifeguard store check" lists the damage.`;
}

/** The same as messages of an answer. */
export function damageMessages(read: Configuration): Message[] {
  const message = damageWords(read);
  return message === undefined ? [] : [{ code: EXPORT_OF_DAMAGED, message, type: null }];
}
