import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConfiguredToken } from '../../pool/token.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import { createAttemptLimit } from '../http/attempt-limit.ts';
import { checkFromPage, sessionIdOf } from '../sessions/cookie.ts';
import { createSessions, type Sessions } from '../sessions/sessions.ts';
import { callerOf } from '../tokens/known-tokens.ts';
import { authenticate, authenticateSecret, createTokenFinder, type TokenProof } from './auth.ts';
import { beginCall, type Caller } from './call.ts';
import { checkRoute } from './rights.ts';
import { createShares, sharing } from './shares.ts';

/** Maximum number of requests at a time, each of which may have a body of BODY_OCTETS_MAX. */
export const IN_FLIGHT = { what: 'requests', total: 600, perToken: 150, reserved: 250 };

/** Lets requests in, by their credential. */
export interface Admission {
  /** Lets a request in, or throws ApiError: by its credential, by the rights of its token, and by how many requests there are. */
  readonly admit: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Lets these tokens in besides those of the store, and no others of the configuration. */
  readonly useTokens: (tokens: readonly ConfiguredToken[]) => void;
  /** Returns the tokens of the configuration that are let in. */
  readonly configuredTokens: () => readonly ConfiguredToken[];
  /** Finds the token of a secret that came in the body of a request. Throws ApiError as for a wrong credential. */
  readonly checkSecret: (request: FastifyRequest, secret: string) => Promise<Caller>;
  /** Returns the token that a proof is of; undefined: there is none, or it has ended. Throws StoreUnavailable. */
  readonly callerOf: (proof: TokenProof) => Promise<Caller | undefined>;
  /**
   * Returns the token of the session of a request; undefined: it has none, or one that has ended. Throws ApiError for a request that
   * another site may have caused, and StoreUnavailable.
   */
  readonly bySession: (request: FastifyRequest) => Promise<Caller | undefined>;
  readonly sessions: Sessions;
  /** Asks whether callers that were let in would be let in still. */
  readonly presence: Presence;
}

/** Whether callers that were let in would be let in still, for requests that last. */
export interface Presence {
  /** Returns true while the token of a caller may be used, wherever it is from. Throws StoreUnavailable. */
  isTokenIn(caller: Caller): Promise<boolean>;
  /** Returns true while the session that a caller came with has not ended, and for a caller without one. */
  isSessionIn(caller: Caller): boolean;
}

/** Creates the admission of an API. `tokens`: those of the configuration. */
export function createAdmission(
  store: DocumentStore,
  tokens: readonly ConfiguredToken[],
  epochMs: () => number,
): Admission {
  const limit = createAttemptLimit(() => performance.now());
  const sessions = createSessions(epochMs);
  let configuredTokens = tokens;
  let configured = createTokenFinder(tokens);
  const proofs = new WeakMap<Caller, TokenProof>();
  /** The identifiers of the sessions with which callers came. */
  const sessionIds = new WeakMap<Caller, string>();
  const inFlight = sharing(createShares(IN_FLIGHT));

  async function find(proof: TokenProof): Promise<Caller | undefined> {
    const caller = await callerOf(proof, store, configured, epochMs);
    if (caller !== undefined) proofs.set(caller, proof);
    return caller;
  }

  async function bySession(request: FastifyRequest): Promise<Caller | undefined> {
    const id = sessionIdOf(request);
    if (id === undefined) return undefined;
    checkFromPage(request);
    const proof = sessions.find(id);
    const caller = proof && (await find(proof));
    if (caller === undefined) sessions.end(id);
    else sessionIds.set(caller, id);
    return caller;
  }

  return {
    async admit(request, reply) {
      const caller = await authenticate(request, { find, bySession, limit });
      const { method, params, routeOptions } = request;
      const { id } = (params ?? {}) as { id?: string };
      const { url = '', config } = routeOptions;
      await checkRoute(caller, { method, route: url, writes: config.writes, id }, store);
      beginCall(request, caller, epochMs());
      await inFlight(request, reply);
    },
    useTokens(next) {
      configured = createTokenFinder(next);
      configuredTokens = next;
    },
    configuredTokens: () => configuredTokens,
    checkSecret: (request, secret) => authenticateSecret(request, secret, { find, limit }),
    callerOf: find,
    bySession,
    sessions,
    presence: {
      async isTokenIn(caller) {
        const proof = proofs.get(caller);
        return proof !== undefined && (await find(proof)) !== undefined;
      },
      isSessionIn(caller) {
        const id = sessionIds.get(caller);
        return id === undefined || sessions.find(id) !== undefined;
      },
    },
  };
}
