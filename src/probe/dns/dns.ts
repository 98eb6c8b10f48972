import { randomInt } from 'node:crypto';
import { foldCase } from '../../check/case-fold.ts';
import type { Check } from '../../check/check.ts';
import { parseDnsQuestion } from '../../check/dns-question.ts';
import { encodeQuery } from '../../dns/client-query.ts';
import { decodeResponse, MessageError, type Response } from '../../dns/codec.ts';
import { Rcode } from '../../dns/rcode.ts';
import { InvalidResponse, MonitorConfigError } from '../failure.ts';
import type { Finding, Means } from '../finding.ts';
import { exchangeDns } from './exchange.ts';

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
  entered('dns');
  const message = await exchangeDns({ address, port, query, octetsMax: ANSWER_OCTETS_MAX, entered }, signal);
  const { rcode, answers } = decode(message);
  if (rcode !== Rcode.NOERROR) return { reason: 'Response code mismatch error', responseCode: rcode };
  const wanted = foldCase(monitor.expectedBody);
  const isFound = wanted === '' || answers.some((answer) => foldCase(answer).includes(wanted));
  return { reason: isFound ? 'No failures' : 'Response body mismatch error', responseCode: rcode };
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
