import type { SecureContext } from 'node:tls';
import { buildConnector, Client } from 'undici';
import { createTargets, type RefuseTarget } from '../check/targets.ts';
import type { Webhook } from '../config/notified.ts';
import { serverNameOf } from '../pool/address.ts';
import type { Resolve } from '../probe/dns/resolve.ts';
import { allowedLookup, refuseAddress, TargetDenied } from './allowed-lookup.ts';
import { type Attempt, codeOf } from './attempt.ts';
import { passOverContinue } from './pass-over-continue.ts';

/** Longest time from the start of an attempt to the end of its answer, milliseconds. */
export const WEBHOOK_DEADLINE_MS = 10_000;
/** Maximum of octets of an answer's header fields. An answer with more is a failure. */
export const ANSWER_HEADER_OCTETS_MAX = 16 * 1_024;
/** Maximum of octets of an answer's body that are read and ignored, before the connection is closed. */
export const ANSWER_OCTETS_MAX = 64 * 1_024;

/** Status codes by which a receiver refuses a payload for good. All others but success are faults of the receiver. */
const UNWANTED: readonly number[] = [400, 413, 422];

/** Settings of one attempt. */
export interface WebhookMeans {
  /** Time limit, milliseconds; usually WEBHOOK_DEADLINE_MS. */
  readonly deadlineMs: number;
  readonly resolve: Resolve;
  /** Refuses addresses of the receiver; absent: the default rules. */
  readonly refuse?: RefuseTarget;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
  /** Trust; absent: the runtime's default. */
  readonly secureContext?: SecureContext;
}

/**
 * Posts JSON once, over a new connection. An answer with 2xx is a delivery. Redirects are not followed, because they
 * would take the secret elsewhere. Never rejects.
 */
export async function postWebhook(webhook: Webhook, body: string, means: WebhookMeans): Promise<Attempt> {
  const deadline = AbortSignal.timeout(means.deadlineMs);
  const signal = means.signal ? AbortSignal.any([deadline, means.signal]) : deadline;
  try {
    return attemptOf(await statusOf(webhook, body, { ...means, signal }));
  } catch (error) {
    const reason = deadline.aborted ? `no answer within ${means.deadlineMs} ms` : reasonOf(error);
    return { kind: 'failed', reason };
  }
}

function attemptOf(status: number): Attempt {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (UNWANTED.includes(status)) return { kind: 'refused', reason: `it answered ${status}` };
  const redirect = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return { kind: 'failed', reason: `it answered ${status}${redirect}` };
}

/** Codes of undici, and the names that Node's own client has for them. */
const AS_NODE_SAYS: Readonly<Record<string, string>> = {
  UND_ERR_HEADERS_OVERFLOW: 'HPE_HEADER_OVERFLOW',
  UND_ERR_SOCKET: 'ECONNRESET',
};

function reasonOf(error: unknown): string {
  if (error instanceof TargetDenied) return error.message;
  // A change of the protocol is no answer.
  if ((error as Error).message === 'bad upgrade') return 'it answered 101';
  const code = codeOf(error);
  return AS_NODE_SAYS[code] ?? code;
}

async function statusOf(
  { url, secret }: Webhook,
  body: string,
  means: WebhookMeans & { readonly signal: AbortSignal },
): Promise<number> {
  const { signal, secureContext, resolve, refuse = createTargets() } = means;
  const { origin, hostname, pathname, search } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const servername = serverNameOf(host);
  refuseAddress(host, refuse);
  const connect = buildConnector({
    timeout: 0,
    maxCachedSessions: 0,
    lookup: allowedLookup(resolve, refuse, signal),
    ...(servername !== undefined && { servername }),
    ...(secureContext && { secureContext }),
    signal,
  });
  const client = new Client(origin, {
    allowH2: false,
    maxHeaderSize: ANSWER_HEADER_OCTETS_MAX,
    // The deadline of the attempt covers everything.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) =>
      connect(options, (error, socket) =>
        error ? callback(error, null) : callback(null, passOverContinue(socket!)),
      ),
  });
  try {
    const answer = await client.request({
      method: 'POST',
      path: `${pathname}${search}`,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'lifeguard',
        ...(secret === undefined ? {} : { 'cf-webhook-auth': secret }),
      },
      body,
      reset: true,
      signal,
    });
    await drain(answer.body);
    return answer.statusCode;
  } finally {
    void client.destroy();
  }
}

/** Reads and ignores a body, up to ANSWER_OCTETS_MAX, so that the sender can finish. Never rejects. */
async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  let octets = 0;
  try {
    for await (const piece of body) {
      octets += piece.length;
      if (octets > ANSWER_OCTETS_MAX) return;
    }
  } catch {
    // The body ended early. The status code arrived whole.
  }
}
