import type { ListenAddress } from '../../config/config.ts';

/** Starts a listener at each address, in order. When one cannot start, it stops the others and rejects with the error. */
export async function startEach<T extends { stop(): Promise<void> }>(
  addresses: readonly ListenAddress[],
  start: (address: ListenAddress) => Promise<T>,
): Promise<T[]> {
  const started: T[] = [];
  try {
    for (const address of addresses) started.push(await start(address));
    return started;
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

/** Drains all listeners at once. */
export async function drainAll(listeners: readonly { drain(): Promise<void> }[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.drain()));
}

/** Stops all listeners at once. */
export async function stopAll(listeners: readonly { stop(): Promise<void> }[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.stop()));
}
