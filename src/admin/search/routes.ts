import Type from 'typebox';
import { type AdminApp, type AdminContext, allowOnly, listParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { PageQuery, pageOf } from '../http/paging.ts';
import { ReferenceList } from '../resource/reference.ts';
import { oneOf } from '../schema/nullable.ts';
import { REFERENCES, resourceViews, SEARCHED, searched } from './search.ts';

const SEARCH = '/load_balancers/search';
/** Maximum characters of the text to search. */
export const SEARCH_MAX = 255;

const Text = Type.Optional(Type.String({ maxLength: SEARCH_MAX }));
const Resources = Type.Array(
  Type.Object({
    resource_id: Type.String(),
    resource_name: Type.String(),
    resource_type: oneOf(SEARCHED),
    reference_type: Type.Optional(oneOf(REFERENCES)),
    references: Type.Optional(ReferenceList),
  }),
);

/** Registers the search for load balancers, pools, monitors and records, which only accounts have, below the prefix of `app`. */
export function searchRoutes(app: AdminApp, { store }: AdminContext): void {
  app.get(
    SEARCH,
    {
      schema: {
        tags: ['search'],
        summary: 'Search load balancers, pools, monitors and records',
        params: listParams('account'),
        querystring: Type.Object({
          page: PageQuery.page,
          per_page: PageQuery.per_page,
          query: Text,
          search_params: Text,
          references: Type.Optional(oneOf(REFERENCES)),
        }),
        response: answers(Type.Object({ resources: Resources, items: Resources }), 'paged'),
      },
    },
    async ({ query: { query, search_params, references = '', page = '1', per_page } }) => {
      const read = await store.read();
      const { documents } = read;
      const found = await searched(read, query ?? search_params ?? '');
      const { items, info } = pageOf(found, per_page === undefined ? { page } : { page, per_page });
      const resources = await resourceViews(items, documents, references);
      // The pagers of official clients read `items`; the schema of the reference has `resources`.
      return success({ resources, items: resources }, { info });
    },
  );
  allowOnly(app, SEARCH, ['GET']);
}
