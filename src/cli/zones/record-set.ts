import { OperatorError } from '../../commands/exit.ts';
import { quoted } from '../../rdata/character-string.ts';
import { parseRdata, rdataKey } from '../../rdata/rdata.ts';
import { recordTypeNumber } from '../../rdata/record-type.ts';
import type { ApiClient } from '../api.ts';
import { AUTOMATIC_TTL, fullName, presentationOf, type RecordShown, recordsPath } from './record.ts';
import type { ZoneShown } from './zone-called.ts';

/** Records that an error lists where it asks for one of them. */
const LISTED_MAX = 5;

/** What a command says about the records that it makes. */
export interface RecordProperties {
  /** Seconds. */
  readonly ttl?: number;
  readonly comment?: string;
  readonly tags?: readonly string[];
}

/** Changes of a batch, which the server makes in one transaction. */
export interface Batch {
  readonly deletes: readonly { readonly id: string }[];
  readonly patches: readonly ({ readonly id: string } & RecordProperties)[];
  readonly posts: readonly object[];
}

/** Reads the record set at a name. */
export async function recordSet(
  client: ApiClient,
  zone: ZoneShown,
  name: string,
  type: string,
): Promise<RecordShown[]> {
  const query = new URLSearchParams({ 'name.exact': fullName(name, zone), type });
  return (await client.list<RecordShown>(`${recordsPath(zone)}?${query}`)).result;
}

/**
 * Returns the changes that make a record set have these values. A record that has a wanted value stays, and takes the
 * properties that are given; new ones take the TTL that the set has.
 */
export function replacing(
  present: readonly RecordShown[],
  {
    name,
    type,
    values,
  }: { readonly name: string; readonly type: string; readonly values: readonly string[] },
  properties: RecordProperties,
): Batch {
  const ttl = properties.ttl ?? present[0]?.ttl ?? AUTOMATIC_TTL;
  const wanted = new Map(values.map((value) => [comparable(type, value), value]));
  const kept = new Map<string, RecordShown>();
  for (const record of present) {
    const value = comparable(type, presentationOf(record));
    if (wanted.has(value) && !kept.has(value)) kept.set(value, record);
  }
  const stays = [...kept.values()];
  return {
    deletes: present.filter((record) => !stays.includes(record)).map(({ id }) => ({ id })),
    patches: stays.flatMap((record) => {
      const changed = changesOf(record, { ...properties, ttl });
      return Object.keys(changed).length === 0 ? [] : [{ id: record.id, ...changed }];
    }),
    posts: [...wanted].flatMap(([key, content]) =>
      kept.has(key) ? [] : [{ name, type, content, ...properties, ttl }],
    ),
  };
}

/** Returns true where a batch changes nothing. */
export function isEmpty({ deletes, patches, posts }: Batch): boolean {
  return deletes.length + patches.length + posts.length === 0;
}

function changesOf(record: RecordShown, { ttl, comment, tags }: RecordProperties): RecordProperties {
  return {
    ...(ttl === undefined || ttl === record.ttl ? {} : { ttl }),
    ...(comment === undefined || comment === (record.comment ?? '') ? {} : { comment }),
    ...(tags === undefined || `${[...tags].sort()}` === `${[...(record.tags ?? [])].sort()}` ? {} : { tags }),
  };
}

/** Returns a text that two values share only if they are the same rdata; of what is no value of the type, the server says what is wrong. */
function comparable(type: string, value: string): string {
  const number = recordTypeNumber(type);
  if (number === undefined) return value;
  try {
    return rdataKey(number, parseRdata(number, asStrings(type, value)));
  } catch {
    return value;
  }
}

/** Quotes a text that is written without quotes, as the server does: it is one string, with its blanks. */
function asStrings(type: string, value: string): string {
  return type === 'TXT' && !value.startsWith('"') ? quoted(new TextEncoder().encode(value)) : value;
}

/** Finds the one record with an identifier, or at a name with a type and, where it is given, a value. Throws OperatorError. */
export async function recordsCalled(
  client: ApiClient,
  zone: ZoneShown,
  { name, type, value }: { readonly name: string; readonly type: string; readonly value: string | undefined },
  isAllWanted: boolean,
): Promise<RecordShown[]> {
  const all = await recordSet(client, zone, name, type);
  const found =
    value === undefined
      ? all
      : all.filter((record) => comparable(type, presentationOf(record)) === comparable(type, value));
  const where = `${type} record at "${fullName(name, zone)}"`;
  if (found.length === 0) {
    const others = all.length === 0 ? '' : ` Present: ${listed(all)}.`;
    const valued = value === undefined ? '' : ` with the content ${JSON.stringify(value)}`;
    throw client.missing(`There is no ${where}${valued}.${others}`);
  }
  if (found.length > 1 && !isAllWanted)
    throw new OperatorError(
      `There are ${found.length} ${type} records at "${fullName(name, zone)}": ${listed(found)}. Give the content or the identifier of one, or use --all.`,
    );
  return found;
}

function listed(records: readonly RecordShown[]): string {
  const shown = records.slice(0, LISTED_MAX).map((record) => `${presentationOf(record)} (${record.id})`);
  return `${shown.join(', ')}${records.length > LISTED_MAX ? ', …' : ''}`;
}
