import type { Batch } from '../batch.ts';
import { EAGAIN, EINTR, type Libc } from './libc.ts';

/**
 * Sends the first `replies` answers of a batch, and returns how many of them were lost, as any datagram may be. One that
 * the kernel refuses (no route, a port nobody can have) costs no other. Where it had no room for so long as the socket
 * waits (WAIT_MS) it is given up with all behind it: each of them would wait as long again, and queries with it.
 */
export function sendBatch(
  libc: Pick<Libc, 'sendmmsg'>,
  errno: () => number,
  fd: number,
  batch: Pick<Batch, 'sentAt'>,
  replies: number,
): number {
  let sent = 0;
  let lost = 0;
  while (sent < replies) {
    const count = libc.sendmmsg(fd, batch.sentAt(sent), replies - sent, 0);
    if (count > 0) {
      sent += count;
      continue;
    }
    const error = errno();
    if (error === EINTR) continue;
    if (error === EAGAIN) return lost + replies - sent;
    sent += 1;
    lost += 1;
  }
  return lost;
}
