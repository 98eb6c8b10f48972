import type { DocumentStore } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { Message } from '../http/envelope.ts';
import { listOfNames, shortName } from './name-words.ts';

/** Code of the message that other objects of the kind have the same description. */
const SAME_DESCRIPTION = 10101;
/** Maximum number of identifiers in a message. */
export const OTHERS_LISTED_MAX = 10;
/** Maximum number of messages in one answer. */
export const SAME_DESCRIPTION_MESSAGES_MAX = 100;

/** Kinds of objects that people identify by description. */
export type DescribedKind = 'monitor' | 'monitor_group';

interface Described {
  readonly id: string;
  readonly description: string;
}

/**
 * Makes a message for each written object whose description other objects among `all` have too, so that it does not identify one of
 * them. An empty description has no message. The command line ignores the case of descriptions; documents of apply do not.
 */
export function sameDescriptionMessages(
  kind: DescribedKind,
  written: readonly Described[],
  all: readonly Described[],
): Message[] {
  const named = written.filter(({ description }) => description !== '');
  if (named.length === 0) return [];
  const alike = Map.groupBy(all, ({ description }) => description.toLowerCase());
  return named
    .flatMap((each) => {
      const others = alike.get(each.description.toLowerCase())?.filter(({ id }) => id !== each.id) ?? [];
      if (others.length === 0) return [];
      return [{ code: SAME_DESCRIPTION, message: wordsOf(kind.replace('_', ' '), each, others), type: null }];
    })
    .slice(0, SAME_DESCRIPTION_MESSAGES_MAX);
}

function wordsOf(noun: string, { description }: Described, others: readonly Described[]): string {
  const isExact = others.some((each) => each.description === description);
  const who = isExact ? 'The command line and documents of apply' : 'The command line';
  const ids = others.map(({ id }) => id);
  const has = `${others.length === 1 ? '' : 's'} ${listOfNames(ids, OTHERS_LISTED_MAX)} ${others.length === 1 ? 'has' : 'have'}`;
  const how = isExact ? 'too' : 'too, in another case';
  const capital = noun.charAt(0).toUpperCase() + noun.slice(1);
  return `${capital}${has} the description "${shortName(description)}" ${how}. ${who} cannot name one of them by it: use the identifier.`;
}

/** As sameDescriptionMessages, for one object and the store. Returns none when the store cannot be read, since the object is already written. */
export async function storedSameDescription(
  store: Pick<DocumentStore, 'read'>,
  kind: DescribedKind,
  written: Described,
): Promise<Message[]> {
  if (written.description === '') return [];
  const read = await store.read().catch(() => undefined);
  const all =
    read === undefined ? [] : documentsOf(read.documents, kind).map(({ value }): Described => value);
  return sameDescriptionMessages(kind, [written], all);
}
