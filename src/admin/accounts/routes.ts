import Type from 'typebox';
import { type AdminApp, allowOnly, listParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { PageQuery, pageOf } from '../http/paging.ts';
import { type Account, accountView } from './account.ts';

const LIST = '/accounts';
const MEMBERSHIPS = '/memberships';
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

/**
 * Registers the list of memberships, which says that the caller is a member of the account: libcloud and others look there for
 * the account of a new zone.
 */
export function membershipListRoute(app: AdminApp, account: Account): void {
  app.get(
    MEMBERSHIPS,
    {
      schema: {
        tags,
        summary: 'List memberships in accounts',
        querystring: Type.Object(PageQuery),
        response: answers(
          Type.Array(
            Type.Object({
              id: Type.String(),
              status: Type.String(),
              account: AccountView,
              roles: Type.Array(Type.String()),
              permissions: Type.Object({}),
            }),
          ),
          'paged',
        ),
      },
    },
    async ({ query }) => {
      const { items, info } = pageOf([account], query);
      const memberships = items.map((each) => ({
        id: each.id,
        status: 'accepted',
        account: accountView(each),
        roles: [],
        permissions: {},
      }));
      return success(memberships, { info });
    },
  );
  allowOnly(app, MEMBERSHIPS, ['GET']);
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
