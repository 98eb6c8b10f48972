import type { Socket } from 'node:dgram';

/** What openAddressSockets needs. */
export interface AddressSocketsOptions {
  /** 0: any that is free at the first address, and the same at the others. */
  readonly port: number;
  /** The addresses of the machine, as they are now. */
  addresses(): readonly string[];
  /** Opens a socket at one of them. Rejects when it cannot be bound. */
  open(address: string, port: number): Promise<Socket>;
  /** Nobody answers at this address, or the addresses are not known (undefined); said once until it is otherwise. */
  unbound(address: string | undefined, error: unknown): void;
}

/** Sockets in the place of a wildcard one. */
export interface AddressSockets {
  readonly port: number;
  /** Opens what is missing, and closes what is at an address that has gone. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

/** Addresses of one family that are bound, the first; those beyond are told to `unbound`. */
export const LOCAL_ADDRESSES_MAX = 256;

/**
 * Opens a socket for each address of the machine: only from a socket of its own does an answer leave from the address that
 * was asked (RFC 2181 §4.1), as Node does not tell where a datagram went. Rejects, with nothing open, when one is taken.
 */
export async function openAddressSockets(options: AddressSocketsOptions): Promise<AddressSockets> {
  const sockets = new Map<string, Socket>();
  const toldOf = new Set<string | undefined>();
  let { port } = options;
  let isOver = false;

  function tell(address: string | undefined, error: unknown): void {
    if (!toldOf.has(address)) options.unbound(address, error);
    toldOf.add(address);
  }

  async function open(address: string): Promise<void> {
    const socket = await options.open(address, port);
    port = socket.address().port;
    sockets.set(address, socket);
    toldOf.delete(address);
  }

  async function openMissing(failed: (address: string, error: unknown) => void): Promise<void> {
    const addresses = options.addresses();
    toldOf.delete(undefined);
    for (const address of sockets.keys()) if (!addresses.includes(address)) await close(address);
    for (const address of addresses) {
      if (isOver) return;
      if (sockets.has(address)) continue;
      if (sockets.size === LOCAL_ADDRESSES_MAX)
        tell(address, new Error(`more than ${LOCAL_ADDRESSES_MAX} addresses`));
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
    // It is not there any more, or not yet: an IPv6 address is looked for elsewhere at first (RFC 4862 §5.4).
    if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
    tell(address, error);
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
        .then(() => openMissing(tell))
        // To ask for the addresses takes a file descriptor, of which there may be none left.
        .catch((error: unknown) => tell(undefined, error));
      return refreshing;
    },
    stop,
  };
}
