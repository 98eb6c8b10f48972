import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Message, parseMessage } from './messages.ts';

/** A conversation of two servers. */
export interface Talk {
  send(message: Message): void;
  /** Resolves to the next message; undefined: the other process has ended, or said nothing within this time. */
  next(withinMs: number): Promise<Message | undefined>;
  /** true: the other process has ended, or broke a rule. */
  readonly isOver: boolean;
  close(): void;
}

/** Octets of one message, more than the addresses of any configuration take. */
export const LINE_OCTETS_MAX = 256 * 1024;

/** Converses over a connection, one message a line. The connection ends where the other sends what is no message. */
export function converse(socket: Socket): Talk {
  const arrived: Message[] = [];
  let partial = '';
  let isOver = false;
  let wake = () => {};
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    isOver = true;
    wake();
  });
  socket.on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop()!;
    for (const line of lines) {
      const message = parseMessage(line);
      if (message === undefined) {
        socket.destroy();
        return;
      }
      arrived.push(message);
    }
    if (partial.length > LINE_OCTETS_MAX) socket.destroy();
    wake();
  });
  return {
    send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    async next(withinMs) {
      const timer = new AbortController();
      const late = sleep(withinMs, undefined, { signal: timer.signal }).catch(() => undefined);
      if (arrived.length === 0 && !isOver) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await Promise.race([promise, late]);
      }
      timer.abort();
      return arrived.shift();
    },
    get isOver() {
      return isOver;
    },
    close: () => socket.end(),
  };
}
