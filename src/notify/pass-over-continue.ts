import type { Socket } from 'node:net';

/** How `100 Continue` begins, and where its head ends. */
const CONTINUE = 'HTTP/1.1 100';
const HEAD_END = '\r\n\r\n';
/** Maximum of octets of one such answer. A longer one is left to the reader of the socket. */
const CONTINUE_OCTETS_MAX = 1_024;

/**
 * Makes reads of a socket skip every `100 Continue` before the answer. A client must accept one that it did not ask for
 * (RFC 9110 §15.2), and undici takes it for a fault. Returns the socket.
 */
export function passOverContinue<S extends Socket>(socket: S): S {
  const read = socket.read.bind(socket);
  /** The octets read so far; undefined: the answer itself has begun. */
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

/** Returns the octets after the complete informational answers. */
function afterContinue(octets: Buffer): Buffer {
  let left = octets;
  while (left.subarray(0, CONTINUE.length).equals(Buffer.from(CONTINUE))) {
    const end = left.indexOf(HEAD_END);
    if (end === -1) break;
    left = left.subarray(end + HEAD_END.length);
  }
  return left;
}

/** Returns true where these octets may be the beginning of another one; true of no octets. */
function mayBeContinue(octets: Buffer): boolean {
  const begins = octets.toString('latin1', 0, CONTINUE.length);
  return CONTINUE.startsWith(begins) && octets.length <= CONTINUE_OCTETS_MAX;
}
