import { Socket } from 'node:net';

/** A connection that is over, for the library, which takes a rejected attempt to connect for the end of all attempts. */
export function neverConnected(): Socket {
  return new Socket().destroy();
}
