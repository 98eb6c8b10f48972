import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server that can die and come back. */
export interface WebServer {
  readonly address: string;
  readonly port: number;
  /** Requests answered so far. */
  readonly requests: number;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Takes connections and requests, and answers none until it is stopped. */
  hang(): void;
}

/** Starts an HTTP server at a loopback address that answers 200 to everything. Port 0: any free one. */
export async function startWeb(address: string, port = 0): Promise<WebServer> {
  let requests = 0;
  let isHanging = false;
  const server = createServer((_, response) => {
    if (isHanging) return;
    requests += 1;
    response.end('well\n');
  });
  const listen = async (at: number) => {
    server.listen(at, address);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const bound = await listen(port);
  return {
    address,
    port: bound,
    get requests() {
      return requests;
    },
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    async start() {
      isHanging = false;
      if (!server.listening) await listen(bound);
    },
    hang() {
      isHanging = true;
    },
  };
}
