import { ANSWERED_RECORDS_MAX } from '../../dns/rrset.ts';
import { createPieces } from '../../pace/next-turn.ts';
import { ownerKeyOf } from '../../store/reading/records.ts';
import { largeSetWarning } from '../../zone/zone-warnings.ts';
import type { Message } from '../http/envelope.ts';
import type { ChangedRecord } from './neighbours.ts';
import { type AllRecords, recordsAt } from './zone-records.ts';

/** The code of messages about large record sets. */
const LARGE_SET = 10107;
/** Maximum number of record sets that the messages about a request name. */
export const LARGE_SETS_SHOWN_MAX = 20;

/**
 * Makes messages about the record sets of changed records that are larger than an answer, a few names at a time, LARGE_SETS_SHOWN_MAX
 * at the most. `all`: the records before the change.
 */
export async function largeSetMessages(
  all: AllRecords,
  changed: readonly ChangedRecord[],
): Promise<Message[]> {
  const gone = new Set(changed.flatMap(({ before }) => (before ? [before.value.id] : [])));
  const names = Map.groupBy(
    changed.flatMap(({ after }) => after ?? []),
    ({ name }) => name,
  );
  const messages: Message[] = [];
  const isLong = createPieces();
  for (const [name, news] of names) {
    const rest = isLong();
    if (rest) await rest;
    const stay = recordsAt(all, ownerKeyOf({ name })).filter(({ id }) => !gone.has(id));
    const sizes = new Map<string, number>();
    for (const { type } of [...stay, ...news]) sizes.set(type, (sizes.get(type) ?? 0) + 1);
    for (const type of new Set(news.map((each) => each.type))) {
      const count = sizes.get(type)!;
      if (count <= ANSWERED_RECORDS_MAX) continue;
      if (messages.length === LARGE_SETS_SHOWN_MAX) return messages;
      messages.push({ code: LARGE_SET, message: largeSetWarning(name, type, count), type: null });
    }
  }
  return messages;
}
