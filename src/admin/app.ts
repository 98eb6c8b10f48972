import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  HTTPMethods,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { TlsFileNames } from '../check/monitor-tls.ts';
import type { RefuseTarget } from '../check/targets.ts';
import type { Kind } from '../store/contract/documents.ts';
import type { Store } from '../store/store.ts';
import type { Limiter } from './access/limiter.ts';
import type { PoolHealthSource } from './health-source.ts';
import { apiError } from './http/errors.ts';
import type { Intervals } from './monitors/schema.ts';
import type { OrphanSweep } from './records/orphans.ts';
import { isObjectId } from './schema/object-id.ts';

/** The HTTP server for routes, with types from their schemas. */
export type AdminApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The kind of documents that a route writes, so that rights are checked before its body is read; absent: its handler checks. */
    writes?: Kind;
  }
}

/** The parts that routes need. */
export interface AdminContext {
  readonly store: Store;
  readonly health: PoolHealthSource;
  readonly intervals: Intervals;
  /** Limits how much is stored. */
  readonly limiter: Limiter;
  /** Deletes the records of deleted zones. */
  readonly orphans: OrphanSweep;
  readonly refuseTarget: RefuseTarget;
  readonly tlsNames: TlsFileNames;
  /** Octets of a response body that workers search for the expected body. */
  readonly bodyOctetsMax: number;
  readonly epochMs: () => number;
}

/** The two places of every resource: below an account, or below the user. */
export type PathForm = 'account' | 'user';

const ACCOUNT = { account_id: Type.String() };

/** Path parameters of a resource's list; `further` are those that its path has besides. */
export function listParams(form: PathForm, further: Readonly<Record<string, TSchema>> = {}) {
  return Type.Object({ ...(form === 'account' ? ACCOUNT : {}), ...further });
}
/** Path parameters of one object. */
export function objectParams(form: PathForm, further: Readonly<Record<string, TSchema>> = {}) {
  const id = Type.String({ description: '32 lower-case hex digits.' });
  const params: Record<string, TSchema> = { ...(form === 'account' ? ACCOUNT : {}), ...further, id };
  return Type.Unsafe<{ id: string }>(Type.Object(params));
}

/** Returns the identifier in the path of a request. Throws ApiError when no object can have it. */
export function objectIdOf(request: {
  readonly params: { readonly id: string };
  readonly url: string;
}): string {
  if (!isObjectId(request.params.id)) throw apiError('badIdentifier', { path: pathOf(request.url) });
  return request.params.id;
}

/** Returns a request target without its query. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0]!;
}

/** The methods of HTTP that routes here know. */
export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
] as const satisfies HTTPMethods[];

/**
 * Answers every method at `url` except the allowed ones with 405 and a list of these (RFC 9110 §15.5.6). HEAD is allowed with GET,
 * unless the route has no HEAD.
 */
export function allowOnly(
  app: AdminApp,
  url: string,
  allowed: readonly (typeof METHODS)[number][],
  { head = true }: { readonly head?: boolean } = {},
): void {
  const all: readonly string[] = head && allowed.includes('GET') ? ['HEAD', ...allowed] : allowed;
  const allow = all.join(', ');
  app.route({
    method: METHODS.filter((method) => !all.includes(method)),
    url,
    schema: { hide: true },
    handler: (request) => {
      throw apiError('wrongMethod', { method: request.method, allow }, { allow });
    },
  });
}
