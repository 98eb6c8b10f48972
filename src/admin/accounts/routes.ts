import Type from 'typebox';
import { type AdminApp, allowOnly, listParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { PageQuery, pageOf } from '../http/paging.ts';
import { type Account, accountView } from './account.ts';

const LIST = '/accounts';
const tags = ['accounts'];
const AccountView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  type: Type.String(),
  settings: Type.Object({ enforce_twofactor: Type.Boolean() }),
  created_on: Type.String(),
});

/** Registers the list of accounts, which has one item. */
export function accountListRoute(app: AdminApp, account: Account): void {
  const querystring = Type.Object({ ...PageQuery, name: Type.Optional(Type.String()) });
  app.get(
    LIST,
    {
      schema: {
        tags,
        summary: 'List accounts',
        querystring,
        response: answers(Type.Array(AccountView), 'paged'),
      },
    },
    async ({ query: { name, ...paging } }) => {
      const found = name === undefined || name === account.name ? [account] : [];
      const { items, info } = pageOf(found, paging);
      return success(items.map(accountView), { info });
    },
  );
  allowOnly(app, LIST, ['GET']);
}

/** Registers the account at the prefix of `app`. Any identifier that the path may have means it. */
export function accountRoute(app: AdminApp, account: Account): void {
  app.get(
    '',
    {
      schema: {
        tags,
        summary: 'Show the account',
        params: listParams('account'),
        response: answers(AccountView),
      },
    },
    async ({ params }) => {
      const { account_id: id = account.id } = params as { account_id?: string };
      return success(accountView({ ...account, id }));
    },
  );
  allowOnly(app, '', ['GET']);
}
