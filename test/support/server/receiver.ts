import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Webhook } from '../../../src/config/notified.ts';
import type { Payload } from '../../../src/notify/payload.ts';

/** What was posted. */
export interface Posted {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real receiver of webhooks, on loopback. */
export interface Receiver {
  readonly url: string;
  /** All that came, in order. */
  readonly posted: readonly Posted[];
  /** The receiver as a webhook. */
  readonly webhook: Webhook;
  /** The payloads that came so far, parsed. */
  payloads(): Payload[];
  /** Resolves once so many have come. */
  came(count: number): Promise<void>;
  stop(): void;
}

/** How a receiver answers; what is left unanswered hangs. */
export type Answer = (response: ServerResponse, posted: Posted) => void;

/** Starts one; over TLS with a key and a certificate. */
export async function openReceiver(
  answer: Answer,
  { name = 'ops', tls }: { name?: string; tls?: ServerOptions } = {},
): Promise<Receiver> {
  const posted: Posted[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const wake = () => {
    for (const { count, resolve } of waiting) if (posted.length >= count) resolve();
  };
  const server = (tls ? createTlsServer(tls) : createServer()).on(
    'request',
    async (request: IncomingMessage, response: ServerResponse) => {
      let body = '';
      for await (const piece of request.setEncoding('utf8')) body += piece;
      const { method, url: path, headers } = request;
      const one = { method, path, headers, body };
      posted.push(one);
      answer(response, one);
      wake();
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http${tls ? 's' : ''}://127.0.0.1:${port}/hook`;
  return {
    url,
    posted,
    webhook: { name, url, filter: {} },
    payloads: () => posted.map(({ body }) => JSON.parse(body) as Payload),
    came: (count) =>
      new Promise<void>((resolve) => {
        waiting.push({ count, resolve });
        wake();
      }),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
