import type { AddressInfo, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Listening {
  readonly port: number;
  /** Connections that are open now, and how many there ever were. */
  readonly connections: { open: number; ever: number };
}

/** Starts a server on a free loopback port until the test ends. */
export async function listen(
  server: Server,
  host: '127.0.0.1' | '::1' | '0.0.0.0' = '127.0.0.1',
): Promise<Listening> {
  const sockets = new Set<Socket>();
  const connections = { open: 0, ever: 0 };
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    connections.open++;
    connections.ever++;
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      connections.open--;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port, connections };
}
