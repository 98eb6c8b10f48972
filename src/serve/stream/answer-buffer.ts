import { MESSAGE_OCTETS_MAX } from '../../dns/header.ts';
import { LENGTH_OCTETS } from './tcp-frames.ts';

/** Octets that the longest message takes with its length. */
export const FRAME_OCTETS_MAX = LENGTH_OCTETS + MESSAGE_OCTETS_MAX;
/** Octets of one buffer. What one client does not take keeps a whole buffer in memory. */
export const ANSWER_BUFFER_OCTETS = 2 * FRAME_OCTETS_MAX;

/** Memory for answers, from which they are sent without a copy. All connections of a thread share it. */
export interface AnswerBuffer {
  /** Has room for the longest message from `start`. `keep` may put another in its place. */
  readonly octets: Buffer;
  /** Where the next answers begin. */
  readonly start: number;
  /** Leaves what was written before `end` alone, since it is still on its way. */
  keep(end: number): void;
}

/** Creates memory for answers. */
export function createAnswerBuffer(): AnswerBuffer {
  const buffer = { octets: Buffer.allocUnsafeSlow(ANSWER_BUFFER_OCTETS), start: 0 };
  return Object.assign(buffer, {
    keep(end: number) {
      buffer.start = end;
      if (end + FRAME_OCTETS_MAX <= ANSWER_BUFFER_OCTETS) return;
      buffer.octets = Buffer.allocUnsafeSlow(ANSWER_BUFFER_OCTETS);
      buffer.start = 0;
    },
  });
}
