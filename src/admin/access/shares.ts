import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiError, type ErrorName } from '../http/errors.ts';
import { type Caller, callOf } from './call.ts';

/** Where nothing else is said. */
const RETRY_AFTER_SECONDS = 5;

/** How something that all tokens share is divided among them. */
export interface Division {
  /** What is counted, in the plural. */
  readonly what: string;
  /** In all at a time. */
  readonly total: number;
  /** Of these, by one token that is not an admin's. */
  readonly perToken: number;
  /** Of these, kept for tokens of scope admin. */
  readonly reserved: number;
  /** The error where there are too many. */
  readonly error?: ErrorName;
  /** Seconds after which a client that was turned away may come again. */
  readonly retrySeconds?: number;
}

/** Counts what is under way of something that all tokens share. */
export interface Shares {
  /** One more begins; gives what ends it, once. Throws ApiError where it is too much: of the token, or in all. */
  begin(caller: Pick<Caller, 'id' | 'scope'>): () => void;
}

/** Nothing is under way yet. */
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

/** A hook by which each request to a route is one share, from before its body until its answer is sent, or its connection is lost. */
export function sharing(shares: Shares): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    const end = shares.begin(callOf(request).caller);
    if (reply.raw.closed) end();
    else reply.raw.once('close', end);
  };
}
