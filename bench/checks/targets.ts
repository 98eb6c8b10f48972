/**
 * What is checked, a process of its own: an HTTP server and a TCP server on all loopback addresses, which answer at once.
 * Tells its parent their ports and runs until that goes.
 */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import process from 'node:process';

/** Connections that wait to be taken: checks come in bursts. */
const BACKLOG = 4_096;

/** The ports of the servers. */
export interface Targets {
  readonly http: number;
  readonly tcp: number;
}

async function portOf(server: Server): Promise<number> {
  server.listen({ port: 0, host: '0.0.0.0', backlog: BACKLOG });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const http = createHttpServer((_, response) => response.end('well\n'));
const tcp = createTcpServer((socket) => socket.on('error', () => undefined).resume());
const targets: Targets = { http: await portOf(http), tcp: await portOf(tcp) };
process.once('disconnect', () => process.exit());
process.send!(targets);
