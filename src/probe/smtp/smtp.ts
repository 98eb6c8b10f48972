import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import type { Check } from '../../pool/check.ts';
import { InvalidResponse, MonitorConfigError } from '../failure.ts';
import type { Finding, Means } from '../finding.ts';
import { connectTcp } from '../tcp.ts';
import { createReplyReader } from './reply.ts';

/** Octets read from one connection. */
export const DIALOGUE_OCTETS_MAX = 64 * 1024;

/** What is said, and the code it must be answered with (RFC 5321 §4.3.2); the first is the server's greeting. */
const DIALOGUE = [
  { say: undefined, code: 220 },
  { say: `HELO ${heloName(hostname())}`, code: 250 },
  { say: 'QUIT', code: 221 },
] as const;

/**
 * One attempt over SMTP: greeting 220, HELO 250, QUIT 221. Any other code is a `Response code mismatch error`, and
 * `responseCode` is the last one that came.
 */
export async function attemptSmtp(check: Check, address: string, means: Means): Promise<Finding> {
  const { signal, entered } = means;
  if (check.port === 0) throw new MonitorConfigError('there is no port to connect to');
  entered('connect');
  const socket = await connectTcp(address, check.port, signal);
  entered('smtp');
  const replies = repliesOf(socket);
  let responseCode = 0;
  for (const { say, code } of DIALOGUE) {
    if (say !== undefined) socket.write(`${say}\r\n`);
    responseCode = (await replies.next()).value;
    if (responseCode !== code) return { reason: 'Response code mismatch error', responseCode };
  }
  return { reason: 'No failures', responseCode };
}

/** This machine's name as HELO wants it: a domain (RFC 5321 §4.1.1.1); one that is none becomes `localhost`. */
export function heloName(name: string): string {
  return /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/.test(name) ? name : 'localhost';
}

/** The codes of the replies that come. Throws InvalidResponse on its end: none is over before its last reply came. */
async function* repliesOf(socket: Socket): AsyncGenerator<number, never> {
  const read = createReplyReader();
  for await (const piece of socket) {
    if (socket.bytesRead > DIALOGUE_OCTETS_MAX) throw new InvalidResponse('an endless SMTP dialogue');
    yield* read(piece as Buffer);
  }
  throw new InvalidResponse('the server closed the connection');
}
