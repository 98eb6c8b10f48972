import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyRequest } from 'fastify';
import type { RecordRights } from '../../pool/record-rights.ts';
import type { Scope } from '../../pool/token.ts';
import type { Kind, StoredDocument } from '../../store/contract/documents.ts';

/** The token that makes a request. */
export interface Caller {
  /** Identifies the token, without a hint at its secret. */
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly poolPrefix?: string;
  readonly records?: RecordRights;
  readonly documentsMax?: number;
  readonly endpointsMax?: number;
  readonly expiresOn?: string;
}

/** An authenticated request in progress. */
export interface Call {
  readonly caller: Caller;
  readonly method: string;
  /** Its arrival, milliseconds since the epoch. */
  readonly atMs: number;
  /** Its `If-Match` (RFC 9110 §13.1.1), for the object in its path. */
  readonly precondition?: { readonly id: string; readonly ifMatch: string };
  /** The documents that it read, in their latest version. */
  readonly seen: Map<string, StoredDocument>;
  /** Each commit has one audit event, which names its first object and the number of the others. */
  isAuditedTogether?: true;
  /** The properties that its last commit changed, where that was of one object. */
  changed?: readonly string[] | undefined;
}

const calls = new WeakMap<FastifyRequest, Call>();
const present = new AsyncLocalStorage<Call>();

/** Records the token that makes a request. */
export function beginCall(request: FastifyRequest, caller: Caller, atMs: number): void {
  const { method, params } = request;
  const { id } = (params ?? {}) as { id?: string };
  const ifMatch = request.headers['if-match'];
  const precondition =
    isWriting(method) && id !== undefined && ifMatch !== undefined ? { id, ifMatch } : undefined;
  calls.set(request, { caller, method, atMs, ...(precondition ? { precondition } : {}), seen: new Map() });
}

/** Returns true for a method that may change something. */
export function isWriting(method: string): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** Returns the call of a request. Throws for a request that was not authenticated, which is a bug. */
export function callOf(request: FastifyRequest): Call {
  const call = calls.get(request);
  if (call === undefined) throw new Error('the request was not authenticated');
  return call;
}

/**
 * Continues as a request, so that functions called from there find it with presentCall. Call it right before the handler: the
 * events of the body come from outside of it.
 */
export function duringCall(request: FastifyRequest, next: () => void): void {
  const call = calls.get(request);
  if (call === undefined) next();
  else present.run(call, next);
}

/** Returns the call in progress; undefined outside of any. */
export function presentCall(): Call | undefined {
  return present.getStore();
}

/** Makes the key of a document in `Call.seen`. */
export function seenKey(kind: Kind, id: string): string {
  return `${kind}/${id}`;
}
