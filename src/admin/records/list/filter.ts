import Type, { type Static } from 'typebox';
import { formatName, NameError, parseName } from '../../../dns/name.ts';
import { createPieces } from '../../../pace/next-turn.ts';
import type { DnsRecord } from '../../../zone/dns-record.ts';
import { oneOf } from '../../schema/nullable.ts';
import { folded, soughtContents } from '../content.ts';
import { asciiName, OwnerError, withoutFinalDot } from '../owner-name.ts';
import { PASSED_PER_LOOK } from '../zone-records.ts';
import { comparison } from './ordered.ts';

/** Maximum characters of a text to find. */
export const SOUGHT_MAX = 4_096;
/** Maximum number of conditions on tags of one form. */
export const TAG_CONDITIONS_MAX = 20;

const Text = Type.Optional(Type.String({ maxLength: SOUGHT_MAX }));
const Texts = Type.Optional(
  Type.Unsafe<string | string[]>({
    type: ['string', 'array'],
    items: { type: 'string', maxLength: SOUGHT_MAX },
    maxItems: TAG_CONDITIONS_MAX,
  }),
);
const ANY_ALL = Type.Optional(oneOf(['any', 'all']));

/** Query parameters of the list of records, besides those of pages. */
export const RecordFilter = {
  type: Text,
  name: Text,
  'name.exact': Text,
  'name.contains': Text,
  'name.startswith': Text,
  'name.endswith': Text,
  content: Text,
  'content.exact': Text,
  'content.contains': Text,
  'content.startswith': Text,
  'content.endswith': Text,
  comment: Text,
  'comment.present': Text,
  'comment.absent': Text,
  'comment.exact': Text,
  'comment.contains': Text,
  'comment.startswith': Text,
  'comment.endswith': Text,
  tag: Texts,
  'tag.present': Texts,
  'tag.absent': Texts,
  'tag.exact': Texts,
  'tag.contains': Texts,
  'tag.startswith': Texts,
  'tag.endswith': Texts,
  tag_match: ANY_ALL,
  match: ANY_ALL,
  search: Text,
  proxied: Type.Optional(oneOf(['true', 'false'])),
  order: Type.Optional(oneOf(['type', 'name', 'content', 'ttl', 'proxied'])),
  direction: Type.Optional(oneOf(['asc', 'desc'])),
  shadowed_by_name: Text,
  shadowing_name: Text,
  include_shadow_metadata: Type.Optional(oneOf(['true', 'false'])),
};
const Query = Type.Object(RecordFilter);
/** Such a query. */
export type RecordQuery = Static<typeof Query>;

type Condition = (record: DnsRecord) => boolean;

/** Comparisons of texts in lower case, by the ends of their parameters. */
const COMPARISONS = {
  exact: (text: string, wanted: string) => text === wanted,
  contains: (text: string, wanted: string) => text.includes(wanted),
  startswith: (text: string, wanted: string) => text.startsWith(wanted),
  endswith: (text: string, wanted: string) => text.endsWith(wanted),
};
const COMPARED = Object.entries(COMPARISONS);

/** Returns the name that all records have which a query can find; undefined: they may have any. */
export function soughtName(
  { match, name, 'name.exact': exact }: RecordQuery,
  zoneName: string,
): string | undefined {
  const wanted = exact ?? name;
  return match === 'any' || wanted === undefined ? undefined : nameFolded(wanted, zoneName);
}

/**
 * Returns the records that a query selects, in its order, a few at a time: those that `sees` shows and that meet all of its conditions,
 * or with `match=any` one of them. Without `sees` all are shown. `records` are in order of name, or in the wanted order. Records that are
 * equal in the wanted order stay in order of name.
 */
export async function recordsWanted(
  records: Iterable<DnsRecord>,
  query: RecordQuery,
  zoneName: string,
  sees: Condition = () => true,
): Promise<DnsRecord[]> {
  const holds = conditionOf(query, zoneName);
  const isLong = createPieces();
  const found: DnsRecord[] = [];
  let passed = 0;
  for (const record of records) {
    passed += 1;
    const rest = passed % PASSED_PER_LOOK === 0 ? isLong() : undefined;
    if (rest) await rest;
    if (sees(record) && holds(record)) found.push(record);
  }
  return inOrder(found, query);
}

/** Parameters of the filter that select no records. */
const NO_CONDITIONS = new Set(['order', 'direction', 'match', 'tag_match', 'include_shadow_metadata']);

/** Returns true for a query that selects every record. */
export function isUnfiltered(query: RecordQuery): boolean {
  return Object.keys(query).every((key) => NO_CONDITIONS.has(key) || !Object.hasOwn(RecordFilter, key));
}

function conditionOf(query: RecordQuery, zoneName: string): Condition {
  const conditions = conditionsOf(query, zoneName);
  const search = searched(query.search);
  if (query.match === 'any' && conditions.length > 0)
    return (record) => search(record) && conditions.some((condition) => condition(record));
  return (record) => search(record) && conditions.every((condition) => condition(record));
}

function conditionsOf(query: RecordQuery, zoneName: string): Condition[] {
  const { type, proxied, tag_match: tagMatch } = query;
  const conditions: Condition[] = [];
  if (type !== undefined) {
    const types = new Set(type.toUpperCase().split(','));
    conditions.push((record) => types.has(record.type));
  }
  if (proxied !== undefined) conditions.push((record) => String(record.proxied) === proxied);
  add(
    conditions,
    query,
    'name',
    (wanted) => nameFolded(wanted, zoneName),
    (record) => [record.name],
  );
  add(conditions, query, 'content', contentFolded, ({ type: of, content }) => soughtContents(of, content));
  add(conditions, query, 'comment', folded, ({ comment }) =>
    comment === undefined ? [] : [folded(comment)],
  );
  if (query['comment.present'] !== undefined) conditions.push(({ comment }) => comment !== undefined);
  if (query['comment.absent'] !== undefined) conditions.push(({ comment }) => comment === undefined);
  const tags = tagConditions(query);
  if (tags.length > 0)
    conditions.push((record) =>
      tagMatch === 'any' ? tags.some((holds) => holds(record)) : tags.every((holds) => holds(record)),
    );
  conditions.push(...shadowConditions(query, zoneName));
  return conditions;
}

/** Adds the conditions on one property: `property`, which means exact, and `property.exact` and so on. */
function add(
  conditions: Condition[],
  query: RecordQuery,
  property: 'name' | 'content' | 'comment',
  wantedOf: (text: string) => string,
  textsOf: (record: DnsRecord) => readonly string[],
): void {
  const texts: Record<string, string | undefined> = query as Record<string, string | undefined>;
  const bare = texts[property];
  if (bare !== undefined) {
    const wanted = wantedOf(bare);
    conditions.push((record) => textsOf(record).includes(wanted));
  }
  for (const [end, holds] of COMPARED) {
    const given = texts[`${property}.${end}`];
    if (given === undefined) continue;
    // A part of a text is no name of its own.
    const wanted = end === 'exact' ? wantedOf(given) : folded(given);
    conditions.push((record) => textsOf(record).some((text) => holds(text, wanted)));
  }
}

function tagConditions(query: RecordQuery): Condition[] {
  const conditions: Condition[] = [];
  const each = (given: string | string[] | undefined, condition: (wanted: string) => Condition) => {
    for (const one of given === undefined ? [] : [given].flat())
      conditions.push(condition(one.toLowerCase()));
  };
  const hasTag =
    (name: string, holds: (value: string) => boolean): Condition =>
    ({ tags }) =>
      tags.some((tag) => {
        const [own, value] = partsOf(tag.toLowerCase());
        return own === name && holds(value);
      });
  const compared = (holds: (text: string, wanted: string) => boolean) => (wanted: string) => {
    const [name, value] = partsOf(wanted);
    return hasTag(name, (text) => holds(text, value));
  };
  each(query['tag.present'], (wanted) => hasTag(partsOf(wanted)[0], () => true));
  each(query['tag.absent'], (wanted) => (record) => !hasTag(partsOf(wanted)[0], () => true)(record));
  each(query.tag, compared(COMPARISONS.exact));
  each(query['tag.exact'], compared(COMPARISONS.exact));
  each(query['tag.contains'], compared(COMPARISONS.contains));
  each(query['tag.startswith'], compared(COMPARISONS.startswith));
  each(query['tag.endswith'], compared(COMPARISONS.endswith));
  return conditions;
}

function partsOf(tag: string): [name: string, value: string] {
  const at = tag.indexOf(':');
  return at === -1 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)];
}

/** Delegations above a name, and what is at or below a delegation. */
function shadowConditions(
  { shadowed_by_name: cut, shadowing_name: below }: RecordQuery,
  zoneName: string,
): Condition[] {
  const conditions: Condition[] = [];
  if (cut !== undefined) {
    const name = nameFolded(cut, zoneName);
    conditions.push((record) => isIn(record.name, name) && !(record.type === 'NS' && record.name === name));
  }
  if (below !== undefined) {
    const name = nameFolded(below, zoneName);
    conditions.push(
      (record) => record.type === 'NS' && record.name !== record.zoneName && isIn(name, record.name),
    );
  }
  return conditions;
}

function isIn(name: string, above: string): boolean {
  return name === above || name.endsWith(`.${above}`);
}

function searched(text: string | undefined): Condition {
  if (text === undefined) return () => true;
  const wanted = folded(text);
  const has = (each: string) => each.includes(wanted);
  const types = new Map<string, boolean>();
  const hasType = (type: string) => types.getOrInsertComputed(type, () => has(type.toLowerCase()));
  return ({ name, type, tags, comment, content }) =>
    has(name) ||
    hasType(type) ||
    tags.some((tag) => has(folded(tag))) ||
    (comment !== undefined && has(folded(comment))) ||
    soughtContents(type, content).some(has);
}

/** A name as records have it, however it is spelled: in lower case, without the final dot, `@` for the zone. */
function nameFolded(text: string, zoneName: string): string {
  const trimmed = text.trim();
  if (trimmed === '@') return zoneName;
  try {
    return withoutFinalDot(formatName(parseName(asciiName(trimmed))));
  } catch (error) {
    // No record has such a name.
    if (error instanceof OwnerError || error instanceof NameError) return trimmed;
    throw error;
  }
}

function contentFolded(text: string): string {
  const wanted = folded(text);
  // Final dots of names are not shown.
  return /^[^"]*[^."\s]\.$/.test(wanted) ? wanted.slice(0, -1) : wanted;
}

function inOrder(found: DnsRecord[], { order = 'name', direction }: RecordQuery): DnsRecord[] {
  if (order !== 'name') found.sort(comparison(order));
  return direction === 'desc' ? found.reverse() : found;
}
