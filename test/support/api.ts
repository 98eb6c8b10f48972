import { type LifeguardProcess, TOKEN } from './lifeguard.ts';

/** What the API said. */
export interface ApiAnswer {
  readonly status: number;
  readonly success: boolean;
  readonly errors: readonly { readonly code: number; readonly message: string }[];
  readonly messages: readonly { readonly code: number; readonly message: string }[];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape.
  readonly result: any;
}

/** Calls the load-balancing API of a process, with its token. */
export async function call(
  { api }: Pick<LifeguardProcess, 'api'>,
  method: string,
  path: string,
  body?: object,
): Promise<ApiAnswer> {
  const response = await fetch(api + path, {
    method,
    headers: { authorization: `Bearer ${TOKEN}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { ...((await response.json()) as Omit<ApiAnswer, 'status'>), status: response.status };
}

/** Makes an object, at '' a load balancer, and gives it back; throws when it is refused. */
export async function create(
  process: Pick<LifeguardProcess, 'api'>,
  path: '' | '/pools' | '/monitors' | '/monitor_groups',
  body: object,
): Promise<ApiAnswer['result']> {
  const { success, errors, result } = await call(process, 'POST', path, body);
  if (!success) throw new Error(JSON.stringify(errors));
  return result;
}

/** What a read of `/lifeguard/v1` finds. */
export async function readOwn(
  process: Pick<LifeguardProcess, 'api'>,
  path: string,
): Promise<ApiAnswer['result']> {
  return (await callOwn(process, 'GET', path)).result;
}

/** What a write below `/lifeguard/v1` makes; throws when it is refused. */
export async function writeOwn(
  process: Pick<LifeguardProcess, 'api'>,
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
): Promise<ApiAnswer['result']> {
  const { success, errors, result } = await callOwn(process, method, path, body);
  if (!success) throw new Error(JSON.stringify(errors));
  return result;
}

async function callOwn(
  { api }: Pick<LifeguardProcess, 'api'>,
  method: string,
  path: string,
  body?: object,
): Promise<ApiAnswer> {
  const response = await fetch(new URL(`/lifeguard/v1${path}`, api), {
    method,
    headers: { authorization: `Bearer ${TOKEN}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as ApiAnswer;
}
