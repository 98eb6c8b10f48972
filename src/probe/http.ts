import type { Socket } from 'node:net';
import { Client } from 'undici';
import type { Check } from '../pool/check.ts';
import { matches, parseExpectedCodes } from '../pool/expected-codes.ts';
import type { Monitor } from '../pool/monitor.ts';
import { createBodySearch } from './body-search.ts';
import { orAborted } from './deadline.ts';
import { InvalidResponse, MonitorConfigError } from './failure.ts';
import type { Finding, Means } from './finding.ts';
import { firstHop, type Hop, hostOf, nextHop } from './hop.ts';
import { connectTcp } from './tcp.ts';
import { certificateEndMs, secure } from './tls.ts';

/** Redirects followed in one attempt; one more and the attempt fails. */
export const REDIRECTS_MAX = 5;
/** Octets of a response's header fields; a response with more is invalid. */
export const HEADER_OCTETS_MAX = 16 * 1024;
/**
 * Octets read from one connection besides those of the body that may be searched: no endless status line, trailer or run of
 * 1xx gets further.
 */
export const FRAMING_OCTETS_MAX = 246 * 1024;

/**
 * One attempt over HTTP/1.1 (RFC 9112), each request on a connection of its own. Redirects are followed when the
 * monitor says so; more than REDIRECTS_MAX of them are a `Response code mismatch error`, since the code that came back
 * is a redirect's. A redirect that cannot be followed is an answer like any other. Rejects with what ended it
 * otherwise.
 */
export async function attemptHttp(check: Check, ip: string, means: Means): Promise<Finding> {
  const { monitor } = check;
  const codes = parseExpectedCodes(monitor.expectedCodes ?? '200');
  if (codes === undefined)
    throw new MonitorConfigError(`expected codes "${monitor.expectedCodes}" are unreadable`);
  let hop = firstHop(check, ip);
  for (let followed = 0; ; followed++) {
    // Further hops may be somebody else's, whose certificate says nothing of this endpoint.
    const certified = followed === 0 ? means.certified : () => {};
    const socket = await open(hop, monitor.allowInsecure, { ...means, certified });
    means.entered('http');
    const answer = await exchange(hop, socket, monitor, means.bodyOctetsMax);
    const responseCode = answer.status;
    if (answer.next === undefined) {
      if (!matches(codes, responseCode)) return { reason: 'Response code mismatch error', responseCode };
      return { reason: answer.found ? 'No failures' : 'Response body mismatch error', responseCode };
    }
    if (followed === REDIRECTS_MAX) return { reason: 'Response code mismatch error', responseCode };
    hop = answer.next;
  }
}

async function open(hop: Hop, allowInsecure: boolean, means: Means): Promise<Socket> {
  const { signal, secureContext, entered, certified } = means;
  const name = hostOf(hop.url);
  let address = hop.address;
  if (address === undefined) {
    entered('resolve');
    address = (await orAborted(means.resolve(name, signal), signal)).addresses[0];
    if (address === undefined)
      throw Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
  }
  entered('connect');
  const socket = await connectTcp(address, hop.port, signal);
  if (hop.url.protocol === 'http:') return socket;
  entered('tls');
  const terms = {
    verifyName: hop.serverName ?? name,
    allowInsecure,
    protocol: 'http/1.1' as const,
    ...(hop.serverName === undefined ? {} : { serverName: hop.serverName }),
    ...(secureContext === undefined ? {} : { secureContext }),
  };
  const secured = await secure(socket, terms, signal);
  const endsAtMs = certificateEndMs(secured);
  if (endsAtMs !== undefined) certified(endsAtMs);
  return secured;
}

interface Answer {
  readonly status: number;
  /** The request that a redirect asks for, when it is to be followed. */
  readonly next?: Hop | undefined;
  /** Whether the body holds the expected text; not looked for in a redirect that is followed. */
  readonly found: boolean;
}

/** One request and as much of its response as the judgement needs. Ends the connection. */
async function exchange(hop: Hop, socket: Socket, monitor: Monitor, bodyOctetsMax: number): Promise<Answer> {
  const { expectedBody, followRedirects } = monitor;
  const client = new Client(hop.url.origin, {
    // In a later turn: undici forgets the request when its connector calls back before it returns.
    connect: (_options, callback) => queueMicrotask(() => callback(null, socket)),
    allowH2: false,
    maxHeaderSize: HEADER_OCTETS_MAX,
    // The attempt's own deadline stands over everything.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  socket.on('readable', () => {
    if (socket.bytesRead > FRAMING_OCTETS_MAX + bodyOctetsMax)
      socket.destroy(new InvalidResponse('endless response'));
  });
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const search = createBodySearch(expectedBody, bodyOctetsMax);
      let status = 0;
      const request = {
        method: hop.method,
        path: hop.path,
        headers: ['host', hop.authority, ...hop.fields],
        reset: true,
      };
      client.dispatch(request, {
        onRequestStart() {},
        onResponseStart(_controller, code, headers) {
          if (code < 200) return;
          status = code;
          const next = followRedirects ? nextHop(hop, code, [headers.location].flat()[0]) : undefined;
          if (next !== undefined || expectedBody === '') resolve({ status, next, found: true });
        },
        onResponseData(_controller, piece) {
          const state = search(piece);
          if (state !== 'more') resolve({ status, found: state === 'found' });
        },
        onResponseEnd() {
          resolve({ status, found: expectedBody === '' });
        },
        onResponseError(_controller, error) {
          reject(error);
        },
      });
    });
  } finally {
    socket.destroy();
    void client.destroy();
  }
}
