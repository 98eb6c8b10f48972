import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * What a link does with the octets that pass it. `open`: forwards them. `cut`: resets every connection and refuses new
 * ones. `stalled`: accepts connections and forwards nothing, either way. `deaf`: forwards requests and holds back answers.
 */
export type LinkMode = 'open' | 'cut' | 'stalled' | 'deaf';
export const HARMFUL_MODES = ['cut', 'stalled', 'deaf'] as const satisfies readonly LinkMode[];

/** A TCP proxy of 127.0.0.1 between one client and one server, which can be cut and mended. */
export interface Link {
  /** Where the client connects to. */
  readonly port: number;
  /** What was held back goes on when the link is open again. */
  set(mode: LinkMode): void;
  /** Resets every connection; those that come lead to another port of 127.0.0.1. */
  lead(to: number): void;
  stop(): Promise<void>;
}

/** Opens a link to a port of 127.0.0.1. */
export async function openLink(to: number): Promise<Link> {
  const pairs = new Set<readonly [client: Socket, server: Socket]>();
  let mode: LinkMode = 'open';
  let port = to;

  const reset = ([client, server]: readonly [Socket, Socket]) => {
    client.resetAndDestroy();
    server.destroy();
  };
  const obey = (pair: readonly [Socket, Socket]) => {
    const [client, server] = pair;
    if (mode === 'cut') return reset(pair);
    client[mode === 'stalled' ? 'pause' : 'resume']();
    server[mode === 'open' ? 'resume' : 'pause']();
  };

  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    const pair = [client, server] as const;
    pairs.add(pair);
    for (const [from, into] of [pair, [server, client] as const]) {
      from.on('data', (octets: Buffer) => into.write(octets));
      // The other end learns of it by its own close.
      from.on('error', () => undefined);
      from.on('close', () => {
        pairs.delete(pair);
        into.destroy();
      });
    }
    obey(pair);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: (proxy.address() as AddressInfo).port,
    set(next) {
      mode = next;
      for (const pair of [...pairs]) obey(pair);
    },
    lead(next) {
      port = next;
      for (const pair of [...pairs]) reset(pair);
    },
    async stop() {
      proxy.close();
      for (const [client, server] of pairs) {
        client.destroy();
        server.destroy();
      }
      await once(proxy, 'close');
    },
  };
}
