import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A little HTTP server of the demo, which can be stopped and started again. */
export interface DemoEndpoint {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** The demo's servers, running. */
export interface DemoEndpoints {
  readonly endpoints: readonly DemoEndpoint[];
  /** `POST <control>/stop/<number>` and `/start/<number>`. */
  readonly control: string;
  stop(): Promise<void>;
}

const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
/** Preferred ports of the demo. Where one is taken, any free port is used. */
const ENDPOINT_PORT = 5382;
const CONTROL_PORT = 5381;

/** Starts three HTTP servers on three loopback addresses, and one more that stops and starts them. */
export async function startDemoEndpoints(): Promise<DemoEndpoints> {
  const endpoints: (DemoEndpoint & { server: Server })[] = [];
  for (const [i, address] of ADDRESSES.entries()) {
    const name = `web-${i + 1}`;
    const server = createServer((_, response) => response.end(`hello from ${name}\n`));
    endpoints.push({ name, address, port: await listenNear(server, address, ENDPOINT_PORT), server });
  }

  const control = createServer((request, response) => {
    const [, verb, number] = /^\/(stop|start)\/([123])$/.exec(request.url ?? '') ?? [];
    const endpoint = request.method === 'POST' && endpoints[Number(number) - 1];
    if (!endpoint || verb === undefined) {
      response.writeHead(404).end('POST /stop/1, /stop/2, /stop/3, /start/1, /start/2 or /start/3\n');
      return;
    }
    const said = `${endpoint.name} (${endpoint.address}:${endpoint.port}) ${verb === 'stop' ? 'stopped' : 'started'}\n`;
    const done = verb === 'stop' ? close(endpoint.server) : reopen(endpoint);
    done.then(
      () => response.end(said),
      (error: Error) => response.writeHead(500).end(`${error.message}\n`),
    );
  });
  const controlPort = await listenNear(control, ADDRESSES[0]!, CONTROL_PORT);

  return {
    endpoints,
    control: `http://${ADDRESSES[0]}:${controlPort}`,
    async stop() {
      await Promise.all([...endpoints.map(({ server }) => close(server)), close(control)]);
    },
  };
}

async function listenNear(server: Server, address: string, port: number): Promise<number> {
  try {
    await listen(server, address, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await listen(server, address, 0);
  }
  return (server.address() as AddressInfo).port;
}

async function reopen({ server, address, port }: DemoEndpoint & { server: Server }): Promise<void> {
  if (!server.listening) await listen(server, address, port);
}

function listen(server: Server, address: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, address, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}

function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}
