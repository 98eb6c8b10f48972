import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyRequest } from 'fastify';
import type { Scope } from '../../pool/token.ts';
import type { Kind, StoredDocument } from '../../store/store.ts';

/** Who makes a request. */
export interface Caller {
  /** Tells tokens apart, and nothing of their secrets. */
  readonly id: string;
  readonly name: string;
  /** Of the configuration, not of the store: nobody ends it while the process runs. */
  readonly isConfigured: boolean;
  readonly scope: Scope;
  readonly poolPrefix?: string;
  readonly documentsMax?: number;
  readonly endpointsMax?: number;
  readonly expiresOn?: string;
}

/** An authenticated request while it is being met. */
export interface Call {
  readonly caller: Caller;
  readonly method: string;
  /** When it came, milliseconds since the epoch. */
  readonly atMs: number;
  /** What of its `If-Match` (RFC 9110 §13.1.1) is about the object in its path. */
  readonly precondition?: { readonly id: string; readonly ifMatch: string };
  /** Documents that were read for it, as they were read last. */
  readonly seen: Map<string, StoredDocument>;
}

const calls = new WeakMap<FastifyRequest, Call>();
const present = new AsyncLocalStorage<Call>();

/** Notes who makes a request. */
export function beginCall(request: FastifyRequest, caller: Caller, atMs: number): void {
  const { method, params } = request;
  const { id } = (params ?? {}) as { id?: string };
  const ifMatch = request.headers['if-match'];
  const precondition =
    isWriting(method) && id !== undefined && ifMatch !== undefined ? { id, ifMatch } : undefined;
  calls.set(request, { caller, method, atMs, ...(precondition ? { precondition } : {}), seen: new Map() });
}

/** Whether a method may change something. */
export function isWriting(method: string): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** The call that a request is. Throws for a request that nobody was asked to authenticate: a fault of ours. */
export function callOf(request: FastifyRequest): Call {
  const call = calls.get(request);
  if (call === undefined) throw new Error('the request was not authenticated');
  return call;
}

/**
 * Goes on as this request, so that what is called from there knows by presentCall for whom it works. To be used right
 * before the handler: the body's events come from outside of it.
 */
export function duringCall(request: FastifyRequest, next: () => void): void {
  const call = calls.get(request);
  if (call === undefined) next();
  else present.run(call, next);
}

/** The request that is being met; undefined outside of any. */
export function presentCall(): Call | undefined {
  return present.getStore();
}

/** How a document is found among those seen. */
export function seenKey(kind: Kind, id: string): string {
  return `${kind}/${id}`;
}
