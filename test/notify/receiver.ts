import { onTestFinished } from 'vitest';
import { type Answer, openReceiver, type Receiver } from '../support/server/receiver.ts';

export type { Answer, Receiver };

/** Answers with a code and no body. */
export const status =
  (code: number): Answer =>
  (response) =>
    void response.writeHead(code).end();

/** Starts a receiver (see openReceiver) that ends with the test. */
export async function startReceiver(...args: Parameters<typeof openReceiver>): Promise<Receiver> {
  const receiver = await openReceiver(...args);
  onTestFinished(receiver.stop);
  return receiver;
}
