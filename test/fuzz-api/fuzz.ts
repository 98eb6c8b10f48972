import { deepStrictEqual } from 'node:assert/strict';
import { BODY_OCTETS_MAX } from '../../src/admin/http/answer-errors.ts';
import {
  type OpenApiDocument,
  type Operation,
  operationFor,
  undescribed,
} from '../admin/openapi/described.ts';
import { TOKEN } from '../admin/server.ts';
import { numbersOfCase } from '../fuzz/random.ts';
import { createExchanger, type Exchanged } from './exchange.ts';
import { type FuzzedRequest, requestFor } from './request.ts';
import type { Target } from './target.ts';

/** Which requests are made to one operation: so many, of the numbers of a seed. */
export interface ApiCases {
  readonly seed: number;
  readonly count: number;
  /** Ends with the first answer of this status. */
  readonly until?: number;
}

/** Media types of answers that are met and are no JSON, or one value of it a line. */
const NO_JSON = /^(text|application\/(yaml|x-ndjson|jsonl))/;
const UNCHANGED = ['GET', 'HEAD', 'OPTIONS'];

/** Every operation of a document: where it is, and what it is called. */
export function operationsOf({ paths }: OpenApiDocument) {
  return Object.entries(paths).flatMap(([template, item]) =>
    Object.entries(item).map(([method, { operationId }]) => ({ operationId, template, method })),
  );
}

/**
 * Makes requests to one operation, and counts the answers by status. Throws for one that is a failure of ours, that does
 * not come, that is not as the document describes it, or that changed something although it was refused.
 */
export async function fuzzOperation(
  target: Target,
  template: string,
  method: string,
  { seed, count, until }: ApiCases,
): Promise<Map<number, number>> {
  const { api, document, known } = target;
  const operation = document.paths[template]![method]!;
  const exchanger = createExchanger(api.port);
  const statuses = new Map<number, number>();
  try {
    for (let index = 0; index < count; index += 1) {
      await target.renew();
      const random = numbersOfCase(seed, operation.operationId, index);
      const fuzzed = requestFor(
        random,
        operation,
        { method, template, ids: target.idsAt(template) },
        known(),
        TOKEN,
      );
      const before = await api.store.read();
      const answer = await exchanger.send(fuzzed).catch((error: unknown) => cutOff(fuzzed, error));
      if (answer === undefined) continue;
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      try {
        judge(fuzzed, answer, operationFor(document, fuzzed.method, fuzzed.target));
        const mayChange = answer.status === 200 && !UNCHANGED.includes(fuzzed.method);
        if (!mayChange) deepStrictEqual(await api.store.read(), before);
        deepStrictEqual(Object.keys(Object.prototype), []);
      } catch (error) {
        throw new ApiFuzzFailure(seed, operation.operationId, index, fuzzed, answer, error);
      }
      if (answer.status === until) break;
    }
    return statuses;
  } finally {
    exchanger.close();
  }
}

/** A body that is too large is refused before all of it was read: the answer may get lost. */
function cutOff({ body }: FuzzedRequest, error: unknown): undefined {
  if (body !== undefined && body.length > BODY_OCTETS_MAX) return undefined;
  throw error;
}

function judge({ method }: FuzzedRequest, { status, headers, text }: Exchanged, operation?: Operation): void {
  if (status >= 500) throw new Error('a failure of ours');
  if (status < 400 && NO_JSON.test(String(headers['content-type']))) return;
  if (text === '' && (method === 'HEAD' || status === 304)) return;
  const body = JSON.parse(text) as { success?: boolean; errors?: readonly { message: string }[] };
  if (status >= 400) {
    if (body.success !== false || body.errors!.length === 0) throw new Error('a refusal that says nothing');
    if (body.errors!.some(({ message }) => message === '')) throw new Error('an error without words');
  }
  const wrong = operation ? undescribed(operation, status, body) : [];
  if (wrong.length > 0) throw new Error(`not as described: ${wrong.join('; ')}`);
}

/** An answer that is not as it must be, and how to see it again. */
export class ApiFuzzFailure extends Error {
  override readonly name = 'ApiFuzzFailure';

  constructor(
    seed: number,
    operation: string,
    index: number,
    sent: FuzzedRequest,
    answer: Exchanged,
    cause: unknown,
  ) {
    const { method, target, headers, body } = sent;
    const shown = JSON.stringify({ method, target, headers, body: body?.toString().slice(0, 2_000) });
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `${operation}, case ${index}: ${why}\n${shown}\n${answer.status} ${answer.text.slice(0, 1_000)}\n` +
        `see it again: npm run fuzz:api -- --seed ${seed} --operation ${operation} --requests ${index + 1}`,
      { cause },
    );
  }
}
