import { OperatorError } from '../../commands/exit.ts';
import type { ApiClient } from '../api.ts';
import { table } from '../print.ts';
import { ApiRefusal, REFERENCED_CODE } from '../refusal.ts';

/** Maximum of users that an error names. */
export const USERS_NAMED_MAX = 10;

/** An object that another object uses or is used by, as the API gives it. */
export interface ReferenceShown {
  /** `referral`: it is used by the object in question; `referrer`: it uses that object. */
  readonly reference_type: 'referral' | 'referrer';
  readonly resource_id: string;
  readonly resource_name: string;
  readonly resource_type: string;
}

/** Formats references, one on each line. */
export function referenceTable(all: readonly ReferenceShown[]): string {
  return table(
    ['how', 'kind', 'name', 'id'],
    all.map(({ reference_type: type, resource_type: kind, resource_name: name, resource_id: id }) => [
      type === 'referral' ? 'uses' : 'used by',
      kind,
      name,
      id,
    ]),
  );
}

/** Formats the references of one direction as one value of a table. */
export function referenced(
  all: readonly ReferenceShown[],
  direction: ReferenceShown['reference_type'],
): string {
  return all
    .filter(({ reference_type: type }) => type === direction)
    .map(({ resource_type: kind, resource_name: name, resource_id: id }) => `${kind} ${name || id}`)
    .join(', ');
}

/**
 * Returns an error of a deletion that names what uses the object at `path`, where the API refused it for that; else the error as it
 * is, which it is too where the list of users cannot be read.
 */
export async function withUsers(client: ApiClient, path: string, error: unknown): Promise<unknown> {
  if (!(error instanceof ApiRefusal) || !error.errors.some(({ code }) => code === REFERENCED_CODE))
    return error;
  const all = await client.call<ReferenceShown[]>('GET', `${path}/references`).catch(() => []);
  const users = all.filter(({ reference_type: type }) => type === 'referrer');
  if (users.length === 0) return error;
  const named = referenced(users.slice(0, USERS_NAMED_MAX), 'referrer');
  const more = users.length - USERS_NAMED_MAX;
  const rest = more > 0 ? `, and ${more.toLocaleString('en-US')} more` : '';
  return new OperatorError(`${error.message} It is used by: ${named}${rest}.`, error.exitCode);
}
