import { WAIT_MS } from '../thread-data.ts';
import { addressOf, type Libc, POLLIN } from './libc.ts';

/** Waits for queries on any of several sockets. */
export interface Poll {
  /** Returns when there is something to read, or after WAIT_MS. */
  wait(): void;
  isReadable(i: number): boolean;
}

/** struct pollfd { int fd; short events; short revents; } */
const POLLFD_WORDS = 2;

/** Watches these sockets. Keep the result: the kernel writes into its memory. */
export function createPoll(libc: Libc, fds: readonly number[]): Poll {
  const words = new Int32Array(fds.length * POLLFD_WORDS);
  for (const [i, fd] of fds.entries()) {
    words[i * POLLFD_WORDS] = fd;
    words[i * POLLFD_WORDS + 1] = POLLIN;
  }
  const address = addressOf(words.buffer);
  return {
    wait() {
      libc.poll(address, fds.length, WAIT_MS);
    },
    // To read finds errors too.
    isReadable: (i) => words[i * POLLFD_WORDS + 1]! >>> 16 !== 0,
  };
}
