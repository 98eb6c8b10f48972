import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Check } from '../../check/check.ts';
import { orAborted } from '../deadline.ts';
import { InvalidResponse, MonitorConfigError } from '../failure.ts';
import type { Finding, Means } from '../finding.ts';
import { connectTcp } from '../tcp.ts';
import { certificateEndMs, secure, termsOf, unlessRefused } from '../tls.ts';
import { createReplyReader } from './reply.ts';

/** Octets read from one connection, and again after STARTTLS. */
export const DIALOGUE_OCTETS_MAX = 64 * 1024;

/** A command, and the code that must answer it (RFC 5321 §4.3.2). The greeting of the server has no command. */
interface Exchange {
  readonly say?: string;
  readonly code: number;
}

const NAME = heloName(hostname());
const GREETING: Exchange = { code: 220 };
const CLOSE: readonly Exchange[] = [
  { say: `HELO ${NAME}`, code: 250 },
  { say: 'QUIT', code: 221 },
];
/** STARTTLS is a command of the extended protocol. All that was sent before it is forgotten (RFC 3207 §4.2). */
const STARTTLS: readonly Exchange[] = [
  GREETING,
  { say: `EHLO ${NAME}`, code: 250 },
  { say: 'STARTTLS', code: 220 },
];

/**
 * One attempt over SMTP: greeting 220, HELO 250, QUIT 221, under TLS from STARTTLS on where the monitor wants it. Any
 * other code is a `Response code mismatch error`, and `responseCode` is the last one that came.
 */
export async function attemptSmtp(check: Check, address: string, means: Means): Promise<Finding> {
  const { signal, entered } = means;
  if (check.port === 0) throw new MonitorConfigError('there is no port to connect to');
  const terms = check.monitor.tls?.starttls ? await starttlsTerms(check, means) : undefined;
  entered('connect');
  const socket = await connectTcp(address, check.port, signal);
  entered('smtp');
  const send = (over: Socket, exchanges: readonly Exchange[]) =>
    orAborted(unlessRefused(over, converse(over, exchanges)), signal);
  if (terms === undefined) return send(socket, [GREETING, ...CLOSE]);
  const begun = await send(socket, STARTTLS);
  if (begun.reason !== 'No failures') return begun;
  entered('smtp-tls');
  const secured = await secure(socket, terms, signal);
  const endsAtMs = certificateEndMs(secured);
  if (endsAtMs !== undefined) means.certified(endsAtMs);
  entered('smtp');
  return send(secured, CLOSE);
}

function starttlsTerms(check: Check, means: Means) {
  const bare = check.address.replace(/\.$/, '');
  const verifyName = check.monitor.tls?.serverName?.replace(/\.$/, '') || bare;
  const serverName = isIP(verifyName) === 0 ? { serverName: verifyName } : {};
  return termsOf(check.monitor, { verifyName, isEndpoint: true, ...serverName }, means);
}

/** Sends each command and waits for its code. Throws InvalidResponse when the server sends more replies than commands. */
async function converse(socket: Socket, exchanges: readonly Exchange[]): Promise<Finding> {
  const replies = listenTo(socket);
  let responseCode = 0;
  try {
    for (const { say, code } of exchanges) {
      if (say !== undefined) socket.write(`${say}\r\n`);
      responseCode = await replies.next();
      if (responseCode !== code) return { reason: 'Response code mismatch error', responseCode };
    }
  } finally {
    replies.leave();
  }
  return { reason: 'No failures', responseCode };
}

/** This machine's name as HELO wants it: a domain (RFC 5321 §4.1.1.1); one that is none becomes `localhost`. */
export function heloName(name: string): string {
  return /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/.test(name) ? name : 'localhost';
}

/** The codes of the replies that come over a socket, until leave(), after which somebody else may read it. */
function listenTo(socket: Socket): { next(): Promise<number>; leave(): void } {
  const read = createReplyReader();
  const readBefore = socket.bytesRead;
  const codes: number[] = [];
  let failure: unknown;
  let wake = () => {};
  const fail = (error: unknown) => {
    failure ??= error;
    wake();
  };
  const onData = (piece: Buffer) => {
    try {
      if (socket.bytesRead - readBefore > DIALOGUE_OCTETS_MAX)
        throw new InvalidResponse('an endless SMTP dialogue');
      codes.push(...read(piece));
      wake();
    } catch (error) {
      fail(error);
    }
  };
  const onEnd = () => fail(new InvalidResponse('the server closed the connection'));
  socket.on('data', onData).on('end', onEnd).on('error', fail).on('close', onEnd);
  return {
    async next() {
      // What came before the end counts.
      while (codes.length === 0) {
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return codes.shift()!;
    },
    leave() {
      socket.pause();
      socket.off('data', onData).off('end', onEnd).off('error', fail).off('close', onEnd);
    },
  };
}
