import { createPieces } from '../../pace/next-turn.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import type { Message } from '../http/envelope.ts';
import type { AliasSource } from './alias-source.ts';

/** The code of messages about records that lead into a loop. */
const LOOP = 10106;

/** Most loops that the messages about a request name: one chain may be long, and a batch has many records. */
export const LOOPS_TOLD_MAX = 20;

/** Messages about records that were written and lead into a loop, LOOPS_TOLD_MAX at the most. Looks at a few records at a time. */
export async function loopMessages(
  records: readonly DnsRecord[],
  aliases: AliasSource | undefined,
): Promise<Message[]> {
  const found: Message[] = [];
  const isLong = createPieces();
  for (const record of records) {
    const rest = isLong();
    if (rest) await rest;
    if (record.type !== 'CNAME' && record.type !== 'DNAME') continue;
    const loop = aliases?.loopWith(record);
    if (loop === undefined) continue;
    const message = `Record "${record.name}" ${record.type} leads into a loop: ${loop.join(' → ')} No resolver finds an address there.`;
    found.push({ code: LOOP, message, type: null });
    if (found.length === LOOPS_TOLD_MAX) break;
  }
  return found;
}
