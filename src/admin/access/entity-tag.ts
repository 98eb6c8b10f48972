import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StoredDocument } from '../../store/contract/documents.ts';
import { apiError } from '../http/errors.ts';
import { type Call, callOf, isWriting } from './call.ts';

/** Paths whose answer is a document, or the settings in one. */
const OBJECT_PATH = /\/:id(\/settings)?$/;
/** Hexadecimal digits of an entity tag that distinguish contents of one revision. */
const CONTENT_DIGITS = 16;

/**
 * Makes the entity tag of an answer about an object (RFC 9110 §8.8.3): the revision that wrote the object last, and a hash of the
 * answer, since the health in it changes without a revision.
 */
export function entityTag(revision: number, payload: string): string {
  return `"${revision}-${hash('sha256', payload).slice(0, CONTENT_DIGITS)}"`;
}

/** Returns true when an `If-Match` matches an object of this revision. Only the revision counts, since health changes without an edit. */
export function matchesRevision(ifMatch: string, revision: number): boolean {
  if (ifMatch.trim() === '*') return true;
  return ifMatch.split(',').some((tag) => new RegExp(`^"${revision}(-[0-9a-f]+)?"$`).test(tag.trim()));
}

/** Throws ApiError when the call requires another revision of this document. */
export function checkPrecondition({ precondition }: Call, id: string, revision: number): void {
  if (precondition?.id !== id || matchesRevision(precondition.ifMatch, revision)) return;
  throw apiError('preconditionFailed', { revision });
}

/**
 * Adds an entity tag to the answer about a single object, and sends no payload that the client already has (RFC 9110 §13.1.2).
 * Returns the payload to send.
 */
export function tagAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const isObject = OBJECT_PATH.test(request.routeOptions.url ?? '') && request.method !== 'DELETE';
  if (!isObject || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
  const revision = revisionOf(request, reply);
  if (revision === undefined) return payload;
  const tag = entityTag(revision, payload);
  reply.header('etag', tag);
  if (isWriting(request.method) || !isKnown(request.headers['if-none-match'], tag)) return payload;
  reply.code(304).removeHeader('content-type');
  return '';
}

/** Returns true when an `If-None-Match` names an entity tag. */
export function isKnown(ifNoneMatch: string | undefined, tag: string): boolean {
  return (ifNoneMatch ?? '')
    .split(',')
    .map((each) => each.trim().replace(/^W\//, ''))
    .some((each) => each === '*' || each === tag);
}

function revisionOf(request: FastifyRequest, reply: FastifyReply): number | undefined {
  const written = reply.getHeader('x-lifeguard-revision');
  if (written !== undefined) return Number(written);
  if (isWriting(request.method)) return undefined;
  const { id } = request.params as { id: string };
  const seen: StoredDocument[] = [...callOf(request).seen.values()];
  return seen.find((document) => document.id === id)?.revision;
}
