import { OperatorError } from '../commands/exit.ts';
import type { ApiClient } from './api.ts';

/** Returns the path below which a server has the resources of its account. Throws OperatorError. */
export async function accountPath(client: ApiClient): Promise<string> {
  const [account] = await client.call<readonly { readonly id: string }[]>('GET', '/client/v4/accounts');
  if (account === undefined) throw new OperatorError('The server lists no account.');
  return `/client/v4/accounts/${account.id}`;
}
