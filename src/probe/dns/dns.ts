import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { foldCase } from '../../check/case-fold.ts';
import type { Check } from '../../check/check.ts';
import { parseDnsQuestion } from '../../check/dns-question.ts';
import { encodeQuery, isResponseTo, isTruncated } from '../../dns/client-query.ts';
import { decodeResponse, MessageError, type Response } from '../../dns/codec.ts';
import { Rcode } from '../../dns/rcode.ts';
import { InvalidResponse, MonitorConfigError } from '../failure.ts';
import type { Finding, Means } from '../finding.ts';
import { connectTcp } from '../tcp.ts';
import { exchangeUdp } from '../udp.ts';

/** Octets of an answer; a longer one is invalid. */
export const ANSWER_OCTETS_MAX = 16 * 1024;

/**
 * One attempt over DNS: the monitor's question over UDP without EDNS, and again over TCP when the answer was cut (RFC
 * 7766 §5). Good is NOERROR and, where the monitor has an expected body, an answer whose rdata contains it without
 * regard to case. Datagrams that do not answer the question are passed over, as they may be forged.
 */
export async function attemptDns(check: Check, address: string, means: Means): Promise<Finding> {
  const { monitor, port } = check;
  const { signal, entered } = means;
  const question = parseDnsQuestion(monitor.path);
  if (question === undefined) throw new MonitorConfigError(`"${monitor.path}" is not a question`);
  const query = encodeQuery(randomInt(0x10000), question.name, question.type);
  const isAnswer = (octets: Uint8Array) => isResponseTo(query, octets);
  entered('dns');
  let message = await exchangeUdp({ address, port, octets: query, isAnswer }, signal);
  if (isTruncated(message)) {
    entered('connect');
    const socket = await connectTcp(address, port, signal);
    entered('dns');
    message = await exchangeTcp(socket, query);
    if (!isAnswer(message)) throw new InvalidResponse('an answer to something else');
  }
  const { rcode, answers } = decode(message);
  if (rcode !== Rcode.NOERROR) return { reason: 'Response code mismatch error', responseCode: rcode };
  const wanted = foldCase(monitor.expectedBody);
  const isFound = wanted === '' || answers.some((answer) => foldCase(answer).includes(wanted));
  return { reason: isFound ? 'No failures' : 'Response body mismatch error', responseCode: rcode };
}

/** Sends a message and reads one, each after its length (RFC 1035 §4.2.2). */
async function exchangeTcp(socket: Socket, query: Uint8Array): Promise<Buffer> {
  socket.write(Uint8Array.of(query.length >> 8, query.length & 0xff, ...query));
  let octets: Buffer = Buffer.alloc(0);
  for await (const piece of socket) {
    octets = Buffer.concat([octets, piece as Buffer]);
    if (octets.length < 2) continue;
    const length = octets.readUInt16BE();
    if (length > ANSWER_OCTETS_MAX) throw new InvalidResponse('an answer that is too long');
    if (octets.length >= 2 + length) return octets.subarray(2, 2 + length);
  }
  throw new InvalidResponse('the server closed the connection');
}

function decode(message: Buffer): Response {
  if (message.length > ANSWER_OCTETS_MAX) throw new InvalidResponse('an answer that is too long');
  try {
    return decodeResponse(message);
  } catch (error) {
    if (error instanceof MessageError)
      throw new InvalidResponse('an answer that is broken', { cause: error });
    throw error;
  }
}
