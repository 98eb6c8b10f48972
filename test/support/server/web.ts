import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Attempts to listen at a port that is taken, and the pause between two. */
const LISTEN_ATTEMPTS = 100;
const LISTEN_PAUSE_MS = 100;

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
    for (let attempts = 1; ; attempts += 1) {
      server.listen(at, address);
      try {
        await once(server, 'listening');
        return (server.address() as AddressInfo).port;
      } catch (error) {
        // A connection of another test may have the port as its source for a moment.
        const { code } = error as NodeJS.ErrnoException;
        if (at === 0 || code !== 'EADDRINUSE' || attempts === LISTEN_ATTEMPTS) throw error;
        await sleep(LISTEN_PAUSE_MS);
      }
    }
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
