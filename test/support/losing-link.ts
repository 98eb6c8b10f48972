import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A link to a server that can lose what comes back. */
export interface LosingLink {
  readonly port: number;
  /** While true, nothing comes back on connections that are open. */
  loses: boolean;
  /** Ends every connection, without what was lost. */
  cut(): void;
  stop(): Promise<void>;
}

/** Opens a link to a port of this machine. */
export async function startLosingLink(port: number): Promise<LosingLink> {
  const sockets = new Set<Socket>();
  const link = { loses: false };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (octets: Buffer) => far.write(octets));
    far.on('data', (octets: Buffer) => link.loses || near.write(octets));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(link, {
    port: (server.address() as AddressInfo).port,
    cut,
    async stop() {
      server.close();
      cut();
    },
  });
}
