import type { DnsRecord } from '../../zone/dns-record.ts';
import type { Message } from '../http/envelope.ts';
import type { AliasSource } from './alias-source.ts';

/** The code of messages about records that lead into a loop. */
const LOOP = 10106;

/** Most loops that the messages about a request name: one chain may be long, and a batch has many records. */
export const LOOPS_TOLD_MAX = 20;

/** Messages about records that were written and lead into a loop, LOOPS_TOLD_MAX at the most. */
export function loopMessages(records: readonly DnsRecord[], aliases: AliasSource | undefined): Message[] {
  const found: Message[] = [];
  for (const record of records) {
    if (record.type !== 'CNAME' && record.type !== 'DNAME') continue;
    const loop = aliases?.loopWith(record);
    if (loop === undefined) continue;
    const message = `Record "${record.name}" ${record.type} leads into a loop: ${loop.join(' → ')} No resolver finds an address there.`;
    found.push({ code: LOOP, message, type: null });
    if (found.length === LOOPS_TOLD_MAX) break;
  }
  return found;
}
