import type { Readable } from 'node:stream';
import { MESSAGE_OCTETS_MAX } from '../../dns/header.ts';
import { type Refusal, refuse, TOO_LONG } from './request.ts';

/** Reads bodies of requests. */
export interface BodyReader {
  /** Calls back once, with the whole body or the reason why it is refused; never, when the request ends before its body does. */
  read(request: Readable, done: (body: Buffer | Refusal) => void): void;
}

/** Octets of all unfinished bodies of a listener: 64 of the longest ones, or 80,000 usual ones. */
export const UNFINISHED_OCTETS_MAX = 64 * MESSAGE_OCTETS_MAX;

const BUSY = refuse(503, 'too many requests are unfinished');

/** Creates a reader of bodies that are one DNS message each. Each body has a bound, and so have all of them together. */
export function createBodyReader(): BodyReader {
  let unfinished = 0;
  return {
    read(request, done) {
      const chunks: Buffer[] = [];
      let octets = 0;
      const finish = (body: Buffer | Refusal | undefined) => {
        request.off('data', take).off('end', end).off('close', abandon);
        unfinished -= octets;
        octets = 0;
        if (body !== undefined) done(body);
      };
      const take = (chunk: Buffer) => {
        octets += chunk.length;
        unfinished += chunk.length;
        chunks.push(chunk);
        if (octets > MESSAGE_OCTETS_MAX) finish(TOO_LONG);
        else if (unfinished > UNFINISHED_OCTETS_MAX) finish(BUSY);
      };
      const end = () => finish(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
      const abandon = () => finish(undefined);
      request.on('data', take).once('end', end).once('close', abandon);
    },
  };
}
