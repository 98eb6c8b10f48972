import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../../config/config.ts';
import { formatListenAddress } from '../../config/listen-address.ts';
import type { Metrics } from '../../telemetry/scrape.ts';
import { securityHeaders } from '../http/answer-headers.ts';
import { createHttpServer } from '../http/http-server.ts';

/** Serves the metrics and the liveness of a process without an API. */
export interface MetricsListener {
  /** Its URL. */
  readonly url: string;
  /** Closes every connection at once. */
  stop(): Promise<void>;
}

/**
 * Serves GET /metrics and /livez without a token, within the limits of the API's server (http-server.ts). Rejects with Node's error
 * code when it cannot listen.
 */
export async function startMetricsListener({
  listen,
  metrics,
}: {
  readonly listen: ListenAddress;
  readonly metrics: Metrics;
}): Promise<MetricsListener> {
  const { server, handle, cut } = createHttpServer(undefined);
  handle((request, response) => {
    answer(request, response, metrics).catch(() => response.destroy());
  });
  server.listen(listen.port, listen.address);
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${formatListenAddress({ address, port })}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

async function answer(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
): Promise<void> {
  const send = (status: number, type: string, body: string, headers = {}) =>
    response
      .writeHead(status, {
        'content-type': type,
        ...securityHeaders({ isEncrypted: false }),
        ...headers,
      })
      .end(body);
  const path = url?.split('?')[0];
  if (path !== '/metrics' && path !== '/livez') return void send(404, 'text/plain', 'not found\n');
  if (method !== 'GET') return void send(405, 'text/plain', 'GET only\n', { allow: 'GET' });
  if (path === '/livez') return void send(200, 'application/json', '{"live":true}');
  send(200, metrics.contentType, await metrics.text());
}
