import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { escapeJson } from '../../pool/plain-text.ts';
import { isKnown } from '../access/entity-tag.ts';

/** Time for which one body answers all equal requests, milliseconds. */
export const BODY_KEPT_MS = 250;
/** Maximum number of bodies that are kept. A new one replaces the oldest. */
export const BODIES_MAX = 64;
/** Hexadecimal digits of an entity tag. */
const TAG_DIGITS = 32;

interface Body {
  readonly octets: Buffer;
  /** Its entity tag (RFC 9110 §8.8.3). */
  readonly tag: string;
}

/**
 * Answers equal requests within BODY_KEPT_MS with one body, which is made and formatted once. All who may send them must see the
 * same. A client that has this body already gets none (304, RFC 9110 §13.1.2).
 */
export interface SharedBodies {
  /** Sends the body of a request; `key` says to which others it is equal. Rejects as `make` does. */
  send(
    request: FastifyRequest,
    reply: FastifyReply,
    key: string,
    make: () => Promise<object>,
  ): Promise<FastifyReply>;
}

/** Creates shared bodies without any. */
export function createSharedBodies(monotonicMs: () => number = () => performance.now()): SharedBodies {
  /** By the key, oldest first. */
  const kept = new Map<string, { readonly atMs: number; readonly body: Promise<Body> }>();

  function bodyOf(key: string, make: () => Promise<object>): Promise<Body> {
    const known = kept.get(key);
    if (known !== undefined && monotonicMs() - known.atMs < BODY_KEPT_MS) return known.body;
    const body = make().then(format);
    kept.delete(key);
    if (kept.size >= BODIES_MAX) kept.delete(kept.keys().next().value!);
    const entry = { atMs: monotonicMs(), body };
    kept.set(key, entry);
    body.catch(() => {
      if (kept.get(key) === entry) kept.delete(key);
    });
    return body;
  }

  return {
    async send({ headers }, reply, key, make) {
      const { octets, tag } = await bodyOf(key, make);
      reply.header('etag', tag);
      if (isKnown(headers['if-none-match'], tag)) return reply.code(304).send();
      return reply.type('application/json; charset=utf-8').send(octets);
    },
  };
}

function format(answer: object): Body {
  const octets = Buffer.from(escapeJson(JSON.stringify(answer)));
  return { octets, tag: `"${hash('sha256', octets).slice(0, TAG_DIGITS)}"` };
}
