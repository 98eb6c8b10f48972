import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Webhook } from '../config/notified.ts';
import { createTargets, type RefuseTarget } from '../pool/targets.ts';
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
  /** Where nothing may be posted to; absent: what is denied by default. */
  readonly refuse?: RefuseTarget;
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
    const why = error instanceof TargetDenied ? error.message : codeOf(error);
    const reason = deadline.aborted ? `no answer within ${means.deadlineMs} ms` : why;
    return { kind: 'failed', reason };
  }
}

/** Nothing may be posted to any address of the receiver. */
class TargetDenied extends Error {
  override readonly name = 'TargetDenied';
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
  means: WebhookMeans & { readonly signal: AbortSignal },
): Promise<number> {
  const { signal, secureContext, resolve: resolveName, refuse = createTargets() } = means;
  // As it is resolved, an address in the URL is looked up by nobody.
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const refusal = isIP(host) === 0 ? undefined : refuse(host);
  return new Promise((resolve, reject) => {
    if (refusal !== undefined) throw new TargetDenied(refusal);
    const request = (url.startsWith('https:') ? https : http).request(url, {
      method: 'POST',
      agent: false,
      lookup: lookupBy(resolveName, refuse, signal),
      // Without the final dot that a name may have (RFC 6066 §3).
      ...(isIP(host) === 0 && { servername: host.replace(/\.$/, '') }),
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
function lookupBy(resolve: Resolve, refuse: RefuseTarget, signal: AbortSignal): LookupFunction {
  return (name, options, callback) => {
    resolve(name, signal).then(
      ({ addresses }) => {
        const allowed = addresses.filter((address) => refuse(address) === undefined);
        const found = allowed.map((address) => ({ address, family: isIP(address) }));
        if (addresses.length > 0 && found.length === 0) callback(new TargetDenied(refuse(addresses[0]!)), '');
        else if (found.length === 0)
          callback(Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' }), '');
        else if (options.all) callback(null, found);
        else callback(null, found[0]!.address, found[0]!.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}
