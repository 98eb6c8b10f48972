import { createPieces } from '../../pace/next-turn.ts';
import { ownerKeyOf, type ZoneRecords } from '../../store/reading/records.ts';
import { dnameRuleOf } from '../../zone/authoring/dname-rules.ts';
import { type LeftOut, type NameFault, readName } from '../../zone/authoring/records-at-name.ts';
import { byOwner } from '../../zone/contents/by-owner.ts';
import type { OrderedMap, OrderedMapEdit } from '../../zone/contents/ordered-map.ts';
import { byAge, type DnsRecord, type HeldRecord, RECORDS_OF_ZONE_MAX } from '../../zone/dns-record.ts';
import type { ErrorName } from '../http/errors.ts';
import type { Problem } from '../http/problem.ts';
import type { OwnRecords } from './own-records.ts';

/** A record before and after a change; undefined: it is not there. */
export interface ChangedRecord {
  readonly before: { readonly value: DnsRecord } | undefined;
  readonly after: DnsRecord | undefined;
  /** JSON pointer to the change. */
  readonly at: string;
}

/** The records of a zone before a change. */
interface Present {
  readonly own: OwnRecords;
  readonly ofApi: ZoneRecords;
}

/** The errors of records that are left out; of other faults it is `recordRule`. */
const ERROR_OF: Partial<Record<NameFault, ErrorName>> = {
  beside_cname: 'recordBesideCname',
  cname_beside_others: 'recordBesideCname',
  second_cname: 'recordBesideCname',
};

/**
 * Finds problems of what a change leaves, a few names at a time: records that would not be answered, because they break a rule with the
 * others of their name. Those that break one already are none.
 */
export async function neighbourProblems(
  { own, ofApi }: Present,
  changed: readonly ChangedRecord[],
): Promise<Problem[]> {
  const added = changed.reduce((sum, { before, after }) => sum + Number(!before) - Number(!after), 0);
  const tooMany = tooManyProblem(ofApi, added);
  if (tooMany !== undefined) return [tooMany];
  // A zone that cannot be read is not answered.
  const { served } = own;
  if (served === undefined) return [];
  const gone = new Set(changed.flatMap(({ before }) => (before ? [before.value.id] : [])));
  const order = new Map(changed.flatMap((each, i) => (each.after ? [[each.after.id, i] as const] : [])));
  const names = Map.groupBy(
    changed.flatMap(({ after }) => after ?? []),
    ({ name }) => name,
  );
  const problems: Problem[] = [];
  const isLong = createPieces();
  for (const [name, news] of names) {
    const rest = isLong();
    if (rest) await rest;
    const key = ownerKeyOf({ name });
    const authored = byOwner(served.rrsets).get(key) ?? [];
    const was: readonly HeldRecord[] = ofApi.owners.get(key) ?? [];
    const now = [...was.filter(({ id }) => !gone.has(id)), ...news.map(held)].sort((a, b) =>
      byAge(a.value, b.value),
    );
    const broken = new Set(readName(served, authored, was).leftOut.map(({ record }) => record.id));
    for (const leftOut of readName(served, authored, now).leftOut) {
      const { record, other } = leftOut;
      if (broken.has(record.id) && !order.has(record.id)) continue;
      // Of two records of one change the later one is wrong, whichever would be answered.
      const places = [record.id, other?.id ?? '', ...news.map(({ id }) => id)].flatMap(
        (id) => order.get(id) ?? [],
      );
      const place = order.has(record.id) ? Math.max(...places.slice(0, 2)) : places[0]!;
      const isNew = other !== undefined && order.has(other.id);
      problems.push(problemOf(leftOut, own, changed[place]!.at, !isNew));
    }
  }
  return problems.length > 0 ? problems : dnameProblems({ own, ofApi }, changed);
}

/** Finds records that a change leaves below a DNAME, and DNAMEs above others (RFC 6672 §2.4), a few at a time. */
export async function dnameProblems(
  { own: { served }, ofApi }: Present,
  changed: readonly ChangedRecord[],
): Promise<Problem[]> {
  if (served === undefined) return [];
  const owners = (ofApi.owners as OrderedMap<readonly HeldRecord[]>).edit();
  const isLong = createPieces();
  for (const { before } of changed) if (before !== undefined) leave(owners, before.value);
  for (const { after } of changed) {
    const rest = isLong();
    if (rest) await rest;
    if (after === undefined) continue;
    const key = ownerKeyOf(after);
    owners.set(key, [...(owners.get(key) ?? []), held(after)]);
  }
  const broken = dnameRuleOf({ ...served, records: owners.done() });
  const problems: Problem[] = [];
  for (const { after, at } of changed) {
    const rest = isLong();
    if (rest) await rest;
    const why = after && broken(after);
    if (why === undefined) continue;
    const sentence = `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
    problems.push({ pointer: at, rule: '', sentence, error: 'recordRule' });
  }
  return problems;
}

function leave(owners: OrderedMapEdit<readonly HeldRecord[]>, record: DnsRecord): void {
  const key = ownerKeyOf(record);
  const left = (owners.get(key) ?? []).filter(({ id }) => id !== record.id);
  if (left.length === 0) owners.delete(key);
  else owners.set(key, left);
}

/** The problem of adding so many records to those of a zone; undefined: there is none. */
export function tooManyProblem({ size }: Pick<ZoneRecords, 'size'>, added: number): Problem | undefined {
  if (added <= 0 || size + added <= RECORDS_OF_ZONE_MAX) return undefined;
  const sentence = `The zone would have ${size + added} records; ${RECORDS_OF_ZONE_MAX} at most.`;
  return { pointer: '', rule: '', sentence, error: 'recordRule' };
}

function held(value: DnsRecord): HeldRecord {
  return { id: value.id, revision: 0, value };
}

function problemOf(
  { record: { value }, fault, message, other }: LeftOut,
  own: OwnRecords,
  pointer: string,
  namesOther: boolean,
): Problem {
  const isSame = ({ name, type, content }: DnsRecord) =>
    name === value.name && type === value.type && content === value.content;
  const ofZone =
    fault === 'of_file'
      ? own.byOwner.get(ownerKeyOf(value))?.find(({ record }) => isSame(record))?.record
      : undefined;
  const twin = fault === 'duplicate' ? other?.value : ofZone;
  const sentence = `${message}${other && namesOther ? `: record ${other.id}` : ''}.`;
  if (twin === undefined) return { pointer, rule: '', sentence, error: ERROR_OF[fault] ?? 'recordRule' };
  const isIdentical = twin.ttl === value.ttl && twin.comment === value.comment;
  return { pointer, rule: '', sentence, error: isIdentical ? 'recordIdentical' : 'recordExists' };
}
