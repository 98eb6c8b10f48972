import { connect, type Socket } from 'node:net';

/**
 * Opens a connection; the socket is destroyed when the signal aborts, whenever that is. Rejects with the system's
 * error, or with the signal's reason.
 */
export function connectTcp(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host: address, port, noDelay: true });
    const onAbort = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    // Stays for good: a reset after the handshake, or the abort itself, must not become an uncaught exception.
    socket.on('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}
