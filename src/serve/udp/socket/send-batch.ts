import type { Batch } from '../batch.ts';
import { EAGAIN, EINTR, type Libc } from './libc.ts';

/**
 * Sends the first `replies` answers of a batch, and returns how many of them were lost, as any datagram may be. One that
 * the kernel refuses (no route, port 0) does not affect the others. When there is no room for WAIT_MS, that answer and all behind it
 * are given up: each of them would wait as long again, and so would queries.
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
