import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Webhook } from '../config/notified.ts';
import type { Resolve } from '../probe/resolve.ts';
import { type Attempt, codeOf } from './attempt.ts';

/** Longest time from the start of an attempt to the end of its answer, milliseconds. */
export const WEBHOOK_DEADLINE_MS = 10_000;
/** Octets of an answer's header fields; an answer with more is none. */
export const ANSWER_HEADER_OCTETS_MAX = 16 * 1_024;
/** Octets of an answer's body that are read, and thrown away, before the connection is cut. */
export const ANSWER_OCTETS_MAX = 64 * 1_024;

/** Codes that say that what was sent is not wanted, now or later. All else but success is the receiver's trouble. */
const UNWANTED: readonly number[] = [400, 413, 422];

/** What an attempt is made with. */
export interface WebhookMeans {
  /** Milliseconds; WEBHOOK_DEADLINE_MS but for a reason. */
  readonly deadlineMs: number;
  readonly resolve: Resolve;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
  /** Trust; absent: the runtime's default. */
  readonly secureContext?: SecureContext;
}

/**
 * Posts JSON once, over a connection of its own. Delivered is what is answered with 2xx; a redirect is not followed, as it
 * would take the secret elsewhere. Never rejects.
 */
export async function postWebhook(webhook: Webhook, body: string, means: WebhookMeans): Promise<Attempt> {
  const deadline = AbortSignal.timeout(means.deadlineMs);
  const signal = means.signal ? AbortSignal.any([deadline, means.signal]) : deadline;
  try {
    return attemptOf(await statusOf(webhook, body, { ...means, signal }));
  } catch (error) {
    const reason = deadline.aborted ? `no answer within ${means.deadlineMs} ms` : codeOf(error);
    return { kind: 'failed', reason };
  }
}

function attemptOf(status: number): Attempt {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (UNWANTED.includes(status)) return { kind: 'refused', reason: `it answered ${status}` };
  const redirect = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return { kind: 'failed', reason: `it answered ${status}${redirect}` };
}

function statusOf(
  { url, secret }: Webhook,
  body: string,
  { signal, secureContext, resolve: resolveName }: WebhookMeans & { readonly signal: AbortSignal },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? https : http).request(url, {
      method: 'POST',
      agent: false,
      lookup: lookupBy(resolveName, signal),
      maxHeaderSize: ANSWER_HEADER_OCTETS_MAX,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'lifeguard',
        ...(secret === undefined ? {} : { 'cf-webhook-auth': secret }),
      },
      signal,
      ...(secureContext && { secureContext }),
    });
    let status: number | undefined;
    request.on('error', (error) => (status === undefined ? reject(error) : resolve(status)));
    // Another protocol is no answer to what was asked; without a listener neither event would ever come.
    request.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve(answer.statusCode!);
    });
    request.on('response', (answer) => {
      status = answer.statusCode!;
      let octets = 0;
      // The code is what counts; the rest is read for the sender's sake, as long as there is not too much of it.
      answer.on('error', () => {});
      answer.on('data', (piece: Buffer) => {
        octets += piece.length;
        if (octets > ANSWER_OCTETS_MAX) request.destroy();
      });
      answer.on('close', () => resolve(answer.statusCode!));
    });
    request.end(body);
  });
}

/** As dns.lookup, but given up with the attempt, and without its few threads, which others need. */
function lookupBy(resolve: Resolve, signal: AbortSignal): LookupFunction {
  return (name, options, callback) => {
    resolve(name, signal).then(
      ({ addresses }) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        if (found.length === 0)
          callback(Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' }), '');
        else if (options.all) callback(null, found);
        else callback(null, found[0]!.address, found[0]!.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}
