import { InvalidArgumentError } from 'commander';
import { type TableValue, table } from '../print.ts';
import { asciiName, ZONES, type ZoneShown } from './zone-called.ts';

/** A record as the API shows it, as far as it is used here. */
export interface RecordShown {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Presentation form, without the priority where that is a property of its own. */
  readonly content: string;
  /** Seconds; AUTOMATIC_TTL: the server chooses. */
  readonly ttl: number;
  readonly priority?: number;
  readonly comment?: string | null;
  readonly tags?: readonly string[];
  readonly meta?: { readonly source?: string; readonly place?: string; readonly unanswered?: string };
}

/** The TTL that leaves the choice to the server. */
export const AUTOMATIC_TTL = 1;
/** Largest TTL, seconds (RFC 2181 §8). */
const TTL_MAX = 2 ** 31 - 1;

/** Types of which each word is a whole value. Values of the others have several words, or may have blanks. */
const ONE_WORD = ['A', 'AAAA', 'CNAME', 'DNAME', 'NS', 'PTR', 'TXT', 'OPENPGPKEY'];

/** Returns the path of the records of a zone. */
export function recordsPath({ id }: Pick<ZoneShown, 'id'>): string {
  return `${ZONES}/${id}/dns_records`;
}

/**
 * Returns the full name for a name of a record: `@` is the zone, and a name that is not in the zone is relative to it. One with a
 * final dot is full: outside the zone it keeps its dot, by which the server refuses it.
 */
export function fullName(name: string, zone: Pick<ZoneShown, 'name'>): string {
  if (name === '@' || name === '') return zone.name;
  const bare = asciiName(name);
  if (bare === zone.name || bare.endsWith(`.${zone.name}`)) return bare;
  if (name.endsWith('.')) return `${bare}.`;
  return zone.name === '.' ? bare : `${bare}.${zone.name}`;
}

/**
 * Splits words into values in presentation form. Where a value has several words, words with blanks are values, and words
 * without blanks are one value: `10 mail.example.com` as well as `"10 a.example.com" "20 b.example.com"`.
 */
export function valuesIn(type: string, words: readonly string[]): string[] {
  const areValues = ONE_WORD.includes(type) || words.some((word) => /\s/.test(word));
  return areValues ? [...words] : [words.join(' ')];
}

/** Returns the whole presentation form of a record. */
export function presentationOf({ type, priority, content }: RecordShown): string {
  const isApart = priority !== undefined && ['MX', 'SRV', 'URI'].includes(type);
  return isApart ? `${priority} ${content}` : content;
}

/** Parses a type: a mnemonic or TYPEnnn, in any case. The server knows which there are. Throws InvalidArgumentError. */
export function typeIn(text: string): string {
  if (/^[a-z][a-z0-9-]{0,15}$/i.test(text)) return text.toUpperCase();
  throw new InvalidArgumentError('It must be a record type such as A, MX or TYPE65280.');
}

/** Parses a TTL; `auto` leaves the choice to the server. Throws InvalidArgumentError. */
export function ttlIn(text: string): number {
  if (text === 'auto') return AUTOMATIC_TTL;
  const seconds = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= TTL_MAX) return seconds;
  throw new InvalidArgumentError('It must be a number of seconds such as 300, or auto.');
}

/** Formats records, one on each line. */
export function recordTable(all: readonly RecordShown[]): string {
  const unanswered = all.flatMap(({ name, type, meta }) =>
    meta?.unanswered === undefined ? [] : `Record "${name}" ${type} has no answer. ${meta.unanswered}\n`,
  );
  const records = table(
    ['name', 'type', 'ttl', 'content', 'comment', 'source', 'id'],
    all.map((record): TableValue[] => [
      record.name,
      record.type,
      record.ttl === AUTOMATIC_TTL ? 'auto' : record.ttl,
      presentationOf(record),
      record.comment,
      record.meta?.place ?? record.meta?.source,
      record.id,
    ]),
  );
  return [records, ...unanswered].join('');
}
