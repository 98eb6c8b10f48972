import type { Socket } from 'node:dgram';

/** What openAddressSockets needs. */
export interface AddressSocketsOptions {
  /** 0: any that is free at the first address, and the same at the others. */
  readonly port: number;
  /** The addresses of the machine, as they are now. */
  addresses(): readonly string[];
  /** Opens a socket at one of them. Rejects when it cannot be bound. */
  open(address: string, port: number): Promise<Socket>;
  /** Called when this address cannot be bound, or the addresses cannot be listed (undefined); once until that changes. */
  unbound(address: string | undefined, error: unknown): void;
}

/** Sockets in the place of one at a wildcard address. */
export interface AddressSockets {
  readonly port: number;
  /** Opens sockets at new addresses, and closes those at addresses that are gone. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

/** Most addresses of one family that are bound. Others are reported to `unbound`. */
export const LOCAL_ADDRESSES_MAX = 256;

/**
 * Opens a socket for each address of the machine: only from a socket of its own does an answer leave from the address that
 * was asked (RFC 2181 §4.1), as Node does not say where a datagram went. Rejects when one is taken; then no socket stays open.
 */
export async function openAddressSockets(options: AddressSocketsOptions): Promise<AddressSockets> {
  const sockets = new Map<string, Socket>();
  const reported = new Set<string | undefined>();
  let { port } = options;
  let isOver = false;

  function report(address: string | undefined, error: unknown): void {
    if (!reported.has(address)) options.unbound(address, error);
    reported.add(address);
  }

  async function open(address: string): Promise<void> {
    const socket = await options.open(address, port);
    port = socket.address().port;
    sockets.set(address, socket);
    reported.delete(address);
  }

  async function openMissing(failed: (address: string, error: unknown) => void): Promise<void> {
    const addresses = options.addresses();
    reported.delete(undefined);
    for (const address of sockets.keys()) if (!addresses.includes(address)) await close(address);
    for (const address of addresses) {
      if (isOver) return;
      if (sockets.has(address)) continue;
      if (sockets.size === LOCAL_ADDRESSES_MAX)
        report(address, new Error(`more than ${LOCAL_ADDRESSES_MAX} addresses`));
      else await open(address).catch((error: unknown) => failed(address, error));
    }
  }

  async function close(address: string): Promise<void> {
    const socket = sockets.get(address)!;
    sockets.delete(address);
    await socket[Symbol.asyncDispose]();
  }

  const stop = async () => {
    isOver = true;
    await refreshing;
    await Promise.all([...sockets.keys()].map(close));
  };
  let refreshing = openMissing((address, error) => {
    // The address is gone, or not usable yet: IPv6 first searches the link for the same address (RFC 4862 §5.4).
    if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
    report(address, error);
  });
  try {
    await refreshing;
  } catch (error) {
    refreshing = Promise.resolve();
    await stop();
    throw error;
  }
  return {
    port,
    refresh() {
      refreshing = refreshing
        .then(() => openMissing(report))
        // To list the addresses takes a file descriptor, and there may be none left.
        .catch((error: unknown) => report(undefined, error));
      return refreshing;
    },
    stop,
  };
}
