import type { ListenAddress } from '../../config/config.ts';
import type { Handover } from './accept.ts';

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
export async function drainAll(
  listeners: readonly { drain(handover?: Handover): Promise<void> }[],
  handover?: Handover,
): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.drain(handover)));
}

/** Stops all listeners at once. */
export async function stopAll(listeners: readonly { stop(): Promise<void> }[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.stop()));
}
