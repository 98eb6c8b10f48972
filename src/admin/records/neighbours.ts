import { createPieces } from '../../pace/next-turn.ts';
import { ownerKeyOf } from '../../store/reading/records.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import type { Problem } from '../http/problem.ts';
import type { KnownZone } from '../zones/known-zone.ts';
import { type AllRecords, recordsAt } from './zone-records.ts';

/** A record before and after a change; undefined: it is not there. */
export interface ChangedRecord {
  readonly before: { readonly value: DnsRecord } | undefined;
  readonly after: DnsRecord | undefined;
  /** JSON pointer to the change. */
  readonly at: string;
}

/** Finds changed records that break a rule together with the others at their name, a few at a time. */
export async function neighbourProblems(
  all: AllRecords & { readonly zone: KnownZone },
  changed: readonly ChangedRecord[],
): Promise<Problem[]> {
  const gone = new Set(changed.flatMap(({ before }) => (before ? [before.value.id] : [])));
  const come = Map.groupBy(
    changed.filter((each) => each.after !== undefined),
    ({ after }) => after!.name,
  );
  const problems: Problem[] = [];
  const isLong = createPieces();
  for (const [name, news] of come) {
    const rest = isLong();
    if (rest) await rest;
    const stay = recordsAt(all, ownerKeyOf({ name })).filter(({ id }) => !gone.has(id));
    for (const { after, at } of news) {
      const others = [...stay, ...news.filter((each) => each.after !== after).map((each) => each.after!)];
      const problem = problemAmong(after!, others, at);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return problems;
}

function problemAmong(record: DnsRecord, others: readonly DnsRecord[], at: string): Problem | undefined {
  const isApex = record.name === record.zoneName;
  if (isApex && (record.type === 'CNAME' || record.type === 'NS')) {
    const why =
      record.type === 'CNAME'
        ? 'which has SOA and NS, so it cannot have a CNAME (RFC 1034 §3.6.2)'
        : 'whose NS records are a setting of the zone';
    return { pointer: at, rule: '', sentence: `"${record.name}" is the apex, ${why}.`, error: 'recordRule' };
  }
  const twin = others.find(({ type, content }) => type === record.type && content === record.content);
  if (twin !== undefined) {
    const isIdentical = twin.ttl === record.ttl && twin.comment === record.comment;
    const sentence = `"${record.name}" has this ${record.type} already: record ${twin.id}.`;
    return { pointer: at, rule: '', sentence, error: isIdentical ? 'recordIdentical' : 'recordExists' };
  }
  const other = others.find(({ type }) => (type === 'CNAME') !== (record.type === 'CNAME'));
  const second = record.type === 'CNAME' ? others.find(({ type }) => type === 'CNAME') : undefined;
  const beside = other ?? second;
  if (beside === undefined) return undefined;
  const sentence = `"${record.name}" has ${beside.type} ${beside.content}, and a CNAME must be the only record at its name (RFC 1034 §3.6.2).`;
  return { pointer: at, rule: '', sentence, error: 'recordBesideCname' };
}
