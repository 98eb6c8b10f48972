import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiError, type ErrorName } from '../http/errors.ts';
import { type Caller, callOf } from './call.ts';

/** The default of Division.retrySeconds. */
const RETRY_AFTER_SECONDS = 5;

/** How tokens share a limited resource. */
export interface Division {
  /** The noun for it, in the plural. */
  readonly what: string;
  /** Maximum number at a time, for all tokens. */
  readonly total: number;
  /** Of these, the maximum for one token without scope admin. */
  readonly perToken: number;
  /** Of these, reserved for tokens of scope admin. */
  readonly reserved: number;
  /** The error when there are too many. */
  readonly error?: ErrorName;
  /** Seconds after which a refused client may try again. */
  readonly retrySeconds?: number;
}

/** Counts the uses of a resource that tokens share. */
export interface Shares {
  /** Begins a use, and returns the function that ends it, which works once. Throws ApiError when the token, or all tokens, have too many. */
  begin(caller: Pick<Caller, 'id' | 'scope'>): () => void;
}

/** Creates a counter without any uses. */
export function createShares(division: Division): Shares {
  const {
    what,
    total,
    perToken,
    reserved,
    error = 'tooManyAtOnce',
    retrySeconds = RETRY_AFTER_SECONDS,
  } = division;
  const byToken = new Map<string, number>();
  let all = 0;
  return {
    begin({ id, scope }) {
      const own = byToken.get(id) ?? 0;
      const refuse = (max: number, whose: string) =>
        apiError(error, { what, max, whose }, { 'retry-after': String(retrySeconds) });
      if (scope !== 'admin' && own >= perToken) throw refuse(perToken, 'of one token');
      const max = scope === 'admin' ? total : total - reserved;
      if (all >= max)
        throw refuse(max, scope === 'admin' ? 'in all' : 'of tokens that are not of scope admin');
      all += 1;
      byToken.set(id, own + 1);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        all -= 1;
        const left = byToken.get(id)! - 1;
        if (left === 0) byToken.delete(id);
        else byToken.set(id, left);
      };
    },
  };
}

/** Makes a hook with which each request to a route is one use, from before its body until its answer is sent or its connection is lost. */
export function sharing(shares: Shares): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    const end = shares.begin(callOf(request).caller);
    if (reply.raw.closed) end();
    else reply.raw.once('close', end);
  };
}
