import { OperatorError } from '../commands/exit.ts';
import type { ApiClient } from './api.ts';

/** Where what only accounts have begins, on a server that has one. */
export async function accountPath(client: ApiClient): Promise<string> {
  const [account] = await client.call<readonly { readonly id: string }[]>('GET', '/client/v4/accounts');
  if (account === undefined) throw new OperatorError('the server tells of no account');
  return `/client/v4/accounts/${account.id}`;
}
