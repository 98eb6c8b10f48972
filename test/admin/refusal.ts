import { expect } from 'vitest';
import type { TestAdmin } from './server.ts';

/** Each row: a body and, in order, the place and the sentence of every error it gets. */
export type Row = readonly [body: unknown, errors: readonly (readonly [pointer: string, sentence: string])[]];

/** Bodies that are JSON and no object. */
export const noObject: readonly Row[] = [null, [], [1], 'x', 7, true].map((body) => [
  JSON.stringify(body),
  [['', 'the body must be an object']],
]);

/** Sends a row's body and expects exactly its errors, and a store that is as it was. */
export async function expectRefused(
  api: TestAdmin,
  method: string,
  path: string,
  [body, errors]: Row,
): Promise<void> {
  const before = await api.store.read();
  const answer = await api.call(method, path, body);
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({
    success: false,
    errors: errors.map(([pointer, sentence]) => ({
      code: 1002,
      message: sentence.endsWith('.') ? sentence : `${sentence}: validation failed`,
      source: { pointer },
    })),
    messages: [],
    result: null,
  });
  expect(await api.store.read()).toEqual(before);
}
