import { createPieces } from '../../pace/next-turn.ts';
import type { Configuration, Write } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { Records, type StoredRecord } from '../../store/reading/records.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import { presentCall } from '../access/call.ts';
import { checkRecord } from '../access/rights.ts';
import type { Message } from '../http/envelope.ts';
import { ApiError, apiError } from '../http/errors.ts';
import { type FoundProblems, gatherProblems, invalid, type Problem } from '../http/problem.ts';
import type { Judgement } from '../resource/commit-judged.ts';
import { sameButForTime } from '../resource/write.ts';
import { type KnownZone, zoneInPath } from '../zones/known-zone.ts';
import type { ZonesContext } from '../zones/routes.ts';
import { mergedBody, readRecord } from './body.ts';
import { flatteningProblems, type HasZone, hasZoneIn } from './flattening.ts';
import { largeSetMessages } from './large-sets.ts';
import { neighbourProblems } from './neighbours.ts';
import { type OwnRecord, type OwnRecords, ownRecordsOf } from './own-records.ts';
import type { RecordBody, RecordPatch } from './schema.ts';

/** One change of the records of a zone. `at` is the JSON pointer to it in the request body. */
export type Operation =
  | { readonly op: 'delete'; readonly id: string; readonly at: string }
  | { readonly op: 'patch'; readonly id: string; readonly at: string; readonly body: RecordPatch }
  | { readonly op: 'put'; readonly id: string; readonly at: string; readonly body: RecordBody }
  | { readonly op: 'post'; readonly id: string; readonly at: string; readonly body: RecordBody };

/** The records that operations leave or delete, in their order, and messages about them. */
export interface Outcome {
  readonly records: readonly DnsRecord[];
  readonly messages: readonly Message[];
}

/** A zone with the records that it has without the API. */
export interface RecordsPlace {
  readonly zone: KnownZone;
  readonly own: OwnRecords;
  readonly hasZone: HasZone;
}

/** A record while operations are planned. */
interface Planned {
  readonly before: StoredRecord | undefined;
  after: DnsRecord | undefined;
  /** Pointer to the operation that wrote it last. */
  at: string;
}

/** As planned(). Throws ApiError with all problems. */
export async function planOf(
  read: Pick<Configuration, 'records'>,
  place: RecordsPlace,
  operations: readonly Operation[],
  epochMs: number,
): Promise<Judgement<Outcome>> {
  const { problems, ...judgement } = await planned(read, place, operations, epochMs);
  if (problems.count > 0) throw invalid(problems.kept, 'recordField', problems.count);
  return judgement;
}

/**
 * Plans operations one after the other, a few at a time, with their problems. Rules are judged on what all of them leave. A record that
 * does not change but in its time is not written. Throws ApiError for an operation on a record that is not there, not of the API,
 * or none of those to which the token is bound.
 */
export async function planned(
  { records = Records.NONE }: Pick<Configuration, 'records'>,
  { zone, own, hasZone }: RecordsPlace,
  operations: readonly Operation[],
  epochMs: number,
): Promise<Judgement<Outcome> & { readonly problems: FoundProblems }> {
  const entries = new Map<string, Planned>();
  const problems = gatherProblems();
  const outcome: DnsRecord[] = [];
  const messages: Message[] = [];
  const isLong = createPieces();
  const zoneKey = zoneKeyOf(zone);
  const rights = presentCall()?.caller.records;
  /** A record of the zone as the operations so far leave it. Throws ApiError for one that the API cannot change. */
  const find = (id: string, at: string): Planned => {
    const known = entries.get(id);
    if (known?.after !== undefined) return known;
    const own_ = own.byId.get(id);
    if (own_ !== undefined) {
      if (rights) checkRecord(rights, own_.record);
      throw ownedBy(own_, own, at);
    }
    const stored = known === undefined ? records.get(id) : undefined;
    const isHere = stored?.value.zoneName === zoneKey.zoneName && stored.value.zoneId === zoneKey.zoneId;
    if (stored === undefined || !isHere) throw notFound(at);
    // Before anything of it is shown, which a change that changes nothing would do too.
    if (rights) checkRecord(rights, stored.value);
    const fresh: Planned = { before: stored, after: stored.value, at };
    entries.set(id, fresh);
    return fresh;
  };
  for (const operation of operations) {
    const rest = isLong();
    if (rest) await rest;
    const { id, at } = operation;
    const entry: Planned =
      operation.op === 'post' ? { before: undefined, after: undefined, at } : find(id, at);
    const was = entry.after;
    entry.at = at;
    if (operation.op === 'delete') {
      outcome.push(was!);
      entry.after = undefined;
      continue;
    }
    const body = operation.op === 'patch' ? mergedBody(was!, operation.body) : operation.body;
    const reading = readRecord(body, zone, { id, epochMs, was });
    if (!reading.ok) {
      problems.add(...reading.problems.map((each) => ({ ...each, pointer: `${at}${each.pointer}` })));
      continue;
    }
    const { record } = reading;
    if (rights) checkRecord(rights, record);
    entry.after = was !== undefined && sameButForTime(was, record) ? was : record;
    entries.set(id, entry);
    outcome.push(entry.after);
    messages.push(...reading.messages);
  }
  const nothing = { writes: [], result: { records: outcome, messages }, problems };
  if (problems.count > 0) return nothing;
  const changed = [...entries.values()].filter(({ before, after }) => before?.value !== after);
  const all = { own, ofApi: records.inZone(zoneKey) };
  const together = [
    ...flatteningProblems(zone.name, changed, hasZone),
    ...(await neighbourProblems(all, changed)),
  ];
  problems.add(...together);
  if (together.length > 0) return nothing;
  messages.push(...(await largeSetMessages(all, changed)));
  return { ...nothing, writes: changed.map(writeOf) };
}

/** Finds the zone of a request, and the records that it has without the API. Throws ApiError. */
export async function placeOf(
  context: Pick<ZonesContext, 'store' | 'configured'>,
  request: { readonly params: unknown },
): Promise<RecordsPlace> {
  const zone = await zoneInPath(context, request);
  const { documents } = await context.store.read();
  const hasZone = hasZoneIn(documents, context.configured);
  return { zone, own: await ownRecordsOf(zone, context.configured), hasZone };
}

/**
 * Returns the place as a reading has it: the settings of a zone may be others than when the request came, and with them the rules of its
 * records. Throws ApiError where the zone is gone, since nobody would ever answer its records.
 */
export async function placeAt(
  { documents, damaged }: Pick<Configuration, 'documents' | 'damaged'>,
  place: RecordsPlace,
): Promise<RecordsPlace> {
  const { zone } = place;
  if (zone.isConfigured) return place;
  const found = documentsOf(documents, 'zone').find(({ id }) => id === zone.id);
  // A zone that cannot be read is there all the same.
  if (found === undefined && damaged !== undefined) return place;
  if (found === undefined) throw apiError('notFound');
  if (found.value.settings === zone.settings) return place;
  const now: KnownZone = { ...found.value, isConfigured: false };
  return { zone: now, own: await ownRecordsOf(now, []), hasZone: place.hasZone };
}

/** Names the records of a zone: one of the configuration file by its name alone. */
export function zoneKeyOf({ id, name, isConfigured }: KnownZone): { zoneName: string; zoneId?: string } {
  return { zoneName: name, ...(isConfigured ? {} : { zoneId: id }) };
}

/** Creates the error for a record that is not there. */
export function notFound(at = ''): ApiError {
  const { status, errors } = apiError('recordNotFound');
  if (at === '') return new ApiError(status, errors);
  return new ApiError(
    status,
    errors.map((error) => ({ ...error, source: { pointer: `${at}/id` } })),
  );
}

function ownedBy({ record, place }: OwnRecord, { source: from }: OwnRecords, at: string): ApiError {
  const where = place === undefined ? '' : ` (${place})`;
  const source = from === 'configuration' ? `the configuration file${where}` : 'the settings of its zone';
  const problem: Problem = {
    pointer: at === '' ? '' : `${at}/id`,
    rule: '',
    sentence: `Record "${record.name}" ${record.type} comes from ${source}. Change it there.`,
  };
  return invalid([problem]);
}

function writeOf({ before, after }: Planned): Write {
  if (after === undefined) {
    const { id, revision } = before!;
    return { op: 'delete', kind: 'record', id, ifRevision: revision };
  }
  return {
    op: 'put',
    kind: 'record',
    id: after.id,
    value: after,
    unique: [],
    references: [],
    ifRevision: before?.revision ?? 0,
  };
}
