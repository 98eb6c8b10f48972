import type { Socket } from 'node:net';

/** How `100 Continue` begins, and where its head ends. */
const CONTINUE = 'HTTP/1.1 100';
const HEAD_END = '\r\n\r\n';
/** Octets of one such answer; a longer one is left to whoever reads the socket. */
const CONTINUE_OCTETS_MAX = 1_024;

/**
 * Makes reads of a socket pass over every `100 Continue` before the answer, which nobody asked for: a client must be able to
 * (RFC 9110 §15.2), and undici takes one for a fault. Returns the socket.
 */
export function passOverContinue<S extends Socket>(socket: S): S {
  const read = socket.read.bind(socket);
  /** What was read of the beginning; undefined: the answer itself has begun. */
  let beginning: Buffer | undefined = Buffer.alloc(0);
  socket.read = (size?: number): Buffer | null => {
    for (;;) {
      const piece = read(size) as Buffer | null;
      if (beginning === undefined || piece === null) return piece;
      beginning = afterContinue(Buffer.concat([beginning, piece]));
      if (mayBeContinue(beginning)) continue;
      const answer = beginning;
      beginning = undefined;
      return answer;
    }
  };
  return socket;
}

/** What follows the informational answers that are there as a whole. */
function afterContinue(octets: Buffer): Buffer {
  let left = octets;
  while (left.subarray(0, CONTINUE.length).equals(Buffer.from(CONTINUE))) {
    const end = left.indexOf(HEAD_END);
    if (end === -1) break;
    left = left.subarray(end + HEAD_END.length);
  }
  return left;
}

/** Whether more octets may tell that this is one more of them; true of nothing. */
function mayBeContinue(octets: Buffer): boolean {
  const begins = octets.toString('latin1', 0, CONTINUE.length);
  return CONTINUE.startsWith(begins) && octets.length <= CONTINUE_OCTETS_MAX;
}
