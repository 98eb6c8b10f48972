import Type, { type Static } from 'typebox';
import { PER_PAGE_DEFAULT } from './page-size.ts';

/** Where a page lies in a list. */
export interface PageInfo {
  readonly page: number;
  readonly per_page: number;
  /** Items on this page. */
  readonly count: number;
  readonly total_count: number;
  readonly total_pages: number;
}

/**
 * Query parameters of lists. They are texts; `per_page` and `limit` are at most PER_PAGE_MAX. `limit` and `offset` are another form
 * of the same, and are ignored beside `page` or `per_page`.
 */
export const PageQuery = {
  page: Type.Optional(Type.String({ format: 'page-number' })),
  per_page: Type.Optional(Type.String({ format: 'page-size' })),
  limit: Type.Optional(Type.String({ format: 'page-size' })),
  offset: Type.Optional(Type.String({ format: 'offset' })),
};
const Query = Type.Object(PageQuery);

/**
 * Returns the page of `items` that the query selects; all as one page without parameters. A page past the end is empty. With `limit`
 * and `offset`, the page number is that of the first item.
 */
export function pageOf<T>(
  items: readonly T[],
  query: Static<typeof Query>,
): { items: readonly T[]; info: PageInfo } {
  const total = items.length;
  const byPage = query.page !== undefined || query.per_page !== undefined;
  const perPage = Number(byPage ? (query.per_page ?? PER_PAGE_DEFAULT) : (query.limit ?? Math.max(1, total)));
  const start = byPage ? (Number(query.page ?? 1) - 1) * perPage : Number(query.offset ?? 0);
  const page = Math.floor(start / perPage) + 1;
  const shown = items.slice(start, start + perPage);
  return {
    items: shown,
    info: {
      page,
      per_page: perPage,
      count: shown.length,
      total_count: total,
      total_pages: Math.ceil(total / perPage),
    },
  };
}
