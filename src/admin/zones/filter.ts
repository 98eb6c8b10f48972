import Type, { type Static } from 'typebox';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import type { Account } from '../accounts/account.ts';
import { oneOf } from '../schema/nullable.ts';

const Text = Type.Optional(Type.String({ maxLength: 300 }));
const Words = Type.Optional(
  Type.Unsafe<string | string[]>({ type: ['string', 'array'], items: { type: 'string' }, maxItems: 16 }),
);

/** Query parameters of the list of zones, besides those of pages. */
export const ZoneFilter = {
  name: Text,
  'name.exact': Text,
  'name.contains': Text,
  'name.startswith': Text,
  'name.endswith': Text,
  'account.id': Text,
  'account.name': Text,
  status: Text,
  type: Words,
  match: Type.Optional(oneOf(['any', 'all'])),
  order: Type.Optional(oneOf(['name', 'status', 'account.id', 'account.name', 'plan.id'])),
  direction: Type.Optional(oneOf(['asc', 'desc'])),
};
const Query = Type.Object(ZoneFilter);
/** Such a query. */
export type ZoneQuery = Static<typeof Query>;

/** Comparisons, which the reference writes before a colon. They ignore case unless their name says otherwise. */
const OPERATORS: Readonly<Record<string, (text: string, wanted: string) => boolean>> = {
  equal: (text, wanted) => text.toLowerCase() === wanted.toLowerCase(),
  not_equal: (text, wanted) => text.toLowerCase() !== wanted.toLowerCase(),
  starts_with: (text, wanted) => text.toLowerCase().startsWith(wanted.toLowerCase()),
  ends_with: (text, wanted) => text.toLowerCase().endsWith(wanted.toLowerCase()),
  contains: (text, wanted) => text.toLowerCase().includes(wanted.toLowerCase()),
  starts_with_case_sensitive: (text, wanted) => text.startsWith(wanted),
  ends_with_case_sensitive: (text, wanted) => text.endsWith(wanted),
  contains_case_sensitive: (text, wanted) => text.includes(wanted),
};

/**
 * Returns the zones that match a query, in its order: they match all of its conditions, or with `match=any` one of them. Zones are
 * sorted by name already. Every other sort key is the same for all zones, so only the direction matters.
 */
export function zonesWanted(
  zones: readonly AuthoredZone[],
  query: ZoneQuery,
  account: AccountOf,
): AuthoredZone[] {
  const conditions = conditionsOf(query, account);
  const holds = (zone: AuthoredZone) =>
    query.match === 'any' && conditions.length > 0
      ? conditions.some((condition) => condition(zone))
      : conditions.every((condition) => condition(zone));
  const found = zones.filter(holds);
  return query.order === 'name' && query.direction === 'desc' ? found.reverse() : found;
}

/** The account, and whether every identifier means it. */
export interface AccountOf extends Account {
  readonly isAny: boolean;
}

function conditionsOf(query: ZoneQuery, account: AccountOf): ((zone: AuthoredZone) => boolean)[] {
  const conditions: ((zone: AuthoredZone) => boolean)[] = [];
  const name = (operator: string, wanted: string | undefined) => {
    if (wanted === undefined) return;
    const bare = wanted.replace(/(?<=.)\.$/, '');
    conditions.push((zone) => OPERATORS[operator]!(zone.name, bare));
  };
  if (query.name !== undefined) name(...operatorOf(query.name));
  name('equal', query['name.exact']);
  name('contains', query['name.contains']);
  name('starts_with', query['name.startswith']);
  name('ends_with', query['name.endswith']);
  const { status, type } = query;
  if (query['account.id'] !== undefined)
    conditions.push(() => account.isAny || query['account.id'] === account.id);
  if (query['account.name'] !== undefined) {
    const [operator, wanted] = operatorOf(query['account.name']);
    conditions.push(() => OPERATORS[operator]!(account.name, wanted));
  }
  if (status !== undefined) conditions.push(() => status === 'active');
  if (type !== undefined)
    conditions.push((zone) => [type].flat().some((one) => one.split(',').includes(zone.type)));
  return conditions;
}

/** `starts_with:exam` as operator and text; without an operator the text must be equal. */
function operatorOf(text: string): [operator: string, wanted: string] {
  const at = text.indexOf(':');
  const operator = at === -1 ? '' : text.slice(0, at);
  return Object.hasOwn(OPERATORS, operator) ? [operator, text.slice(at + 1)] : ['equal', text];
}
