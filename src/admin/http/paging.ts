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
 * Query parameters of lists. They are text; `per_page` and `limit` are at most PER_PAGE_MAX. `limit` and `offset` are
 * another way to say the same, and pass unheard where `page` or `per_page` is given.
 */
export const PageQuery = {
  page: Type.Optional(Type.String({ format: 'page-number' })),
  per_page: Type.Optional(Type.String({ format: 'page-size' })),
  limit: Type.Optional(Type.String({ format: 'page-size' })),
  offset: Type.Optional(Type.String({ format: 'offset' })),
};
const Query = Type.Object(PageQuery);

/**
 * The page of `items` that the query asks for; everything as one page when it asks for none. A page past the end is
 * empty. Of `limit` and `offset` the page told is the one the first item would lie on.
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
