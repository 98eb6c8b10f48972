import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Random } from '../fuzz/random.ts';

/** A link to a server that changes octets on their way. */
export interface FlippingLink {
  readonly port: number;
  /** Whether it does: to those that come back, to those that go, or not. */
  flips: 'answers' | 'both' | 'nothing';
  /** Bits flipped so far. */
  readonly flipped: number;
  stop(): Promise<void>;
}

/** Opens a link to a port of this machine that flips one bit in about so many octets. */
export async function startFlippingLink(
  port: number,
  { random, oneIn }: { readonly random: Random; readonly oneIn: number },
): Promise<FlippingLink> {
  const sockets = new Set<Socket>();
  let flips: FlippingLink['flips'] = 'nothing';
  let flipped = 0;
  const changed = (octets: Buffer): Buffer => {
    const copy = Buffer.from(octets);
    for (let at = random(2 * oneIn); at < copy.length; at += 1 + random(2 * oneIn)) {
      copy[at] = copy[at]! ^ (1 << random(8));
      flipped += 1;
    }
    return copy;
  };
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
    near.on('data', (octets: Buffer) => far.write(flips === 'both' ? changed(octets) : octets));
    far.on('data', (octets: Buffer) => near.write(flips === 'nothing' ? octets : changed(octets)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get flips() {
      return flips;
    },
    set flips(next) {
      flips = next;
    },
    get flipped() {
      return flipped;
    },
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
