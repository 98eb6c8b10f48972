import type { Socket } from 'node:net';
import type { Check } from '../../check/check.ts';
import { matches, parseExpectedCodes } from '../../check/expected-codes.ts';
import type { Monitor } from '../../check/monitor.ts';
import { orAborted } from '../deadline.ts';
import { probedOf, unprobeable } from '../dns/probed-addresses.ts';
import { LocalFault, MonitorConfigError } from '../failure.ts';
import type { Finding, Means } from '../finding.ts';
import { connectFirst } from '../first-address.ts';
import { certificateEndMs, secure, type TlsTerms, termsOf, unlessRefused } from '../tls.ts';
import { charsetOf, createBodySearch } from './body-search.ts';
import { type ContentDecoder, createContentDecoder } from './content-decoder.ts';
import { firstHop, type Hop, hostOf, nextHop } from './hop.ts';
import { createResponseReader, listOf } from './http-response.ts';

/** Redirects followed in one attempt; one more and the attempt fails. */
export const REDIRECTS_MAX = 5;
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
    // A redirect may lead to another server, whose certificate is not that of the endpoint.
    const certified = followed === 0 ? means.certified : () => {};
    const socket = await open(hop, monitor, { ...means, certified });
    means.entered('http');
    const answer = await unlessRefused(socket, exchange(hop, socket, monitor, means));
    const responseCode = answer.status;
    if (answer.next === undefined) {
      if (!matches(codes, responseCode)) return { reason: 'Response code mismatch error', responseCode };
      return { reason: answer.found ? 'No failures' : 'Response body mismatch error', responseCode };
    }
    if (followed === REDIRECTS_MAX) return { reason: 'Response code mismatch error', responseCode };
    hop = answer.next;
  }
}

async function open(hop: Hop, monitor: Monitor, means: Means): Promise<Socket> {
  const { signal, entered, certified } = means;
  const addresses = hop.address === undefined ? await addressesOf(hostOf(hop.url), means) : [hop.address];
  // The addresses that are connected to, and not those that the name is resolved to once more.
  const refusals = addresses.map((each) => means.refuse(each));
  const allowed = addresses.filter((_, at) => refusals[at] === undefined);
  const refusal = refusals.find((each) => each !== undefined);
  if (refusal !== undefined && allowed.length === 0) throw new LocalFault(refusal);
  const terms = hop.url.protocol === 'https:' ? await httpTerms(hop, monitor, means) : undefined;
  entered('connect');
  const socket = await connectFirst(allowed, hop.port, signal).catch((cause: unknown) => {
    // Another client might be answered at an address that is denied here.
    throw refusal === undefined ? cause : new LocalFault(refusal, { cause });
  });
  if (terms === undefined) return socket;
  entered('tls');
  const secured = await secure(socket, terms, signal);
  const endsAtMs = certificateEndMs(secured);
  if (endsAtMs !== undefined) certified(endsAtMs);
  return secured;
}

/** The addresses of the host that a redirect leads to, as many as are tried. Rejects with ENOTFOUND where it has none. */
async function addressesOf(
  name: string,
  { resolve, refuse, signal, entered }: Means,
): Promise<readonly string[]> {
  entered('resolve');
  const resolved = await orAborted(resolve(name, signal), signal);
  const { addresses } = probedOf(resolved.addresses);
  if (addresses.length > 0) return addresses;
  const fault = unprobeable(resolved.addresses, refuse);
  if (fault !== undefined) throw new LocalFault(fault);
  throw Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
}

async function httpTerms(
  { serverName, url, isEndpoint }: Hop,
  monitor: Monitor,
  means: Means,
): Promise<TlsTerms> {
  const names = { verifyName: serverName ?? hostOf(url), isEndpoint, ...(serverName && { serverName }) };
  return { ...(await termsOf(monitor, names, means)), protocol: 'http/1.1' };
}

interface Answer {
  readonly status: number;
  /** The request that a redirect asks for, when it is to be followed. */
  readonly next?: Hop | undefined;
  /** Whether the body holds the expected text; not looked for in a redirect that is followed. */
  readonly found: boolean;
}

/** Sends one request, and reads as much of its response as is needed to judge it. Ends the connection. */
async function exchange(hop: Hop, socket: Socket, monitor: Monitor, means: Means): Promise<Answer> {
  const { expectedBody, followRedirects } = monitor;
  const { bodyOctetsMax, headerOctetsMax } = means;
  const request = requestOf(hop);
  let decoder: ContentDecoder | undefined;
  try {
    const answer = new Promise<Answer>((resolve, reject) => {
      let status = 0;
      const reader = createResponseReader(
        { method: hop.method, headerOctetsMax },
        {
          head(head) {
            status = head.status;
            const next = followRedirects ? nextHop(hop, status, head.values('location')[0]) : undefined;
            if (next !== undefined || expectedBody === '') return resolve({ status, next, found: true });
            const charset = charsetOf(head.values('content-type')[0]);
            const search = createBodySearch(expectedBody, bodyOctetsMax, charset);
            // A coding of the transfer was applied last (RFC 9112 §7).
            const codings = [
              ...listOf(head.values('content-encoding')),
              ...listOf(head.values('transfer-encoding')).filter((each) => each !== 'chunked'),
            ];
            decoder = createContentDecoder(codings, {
              decoded(piece) {
                const state = search(piece);
                if (state === 'unsearchable') reject(textTooLong(bodyOctetsMax));
                else if (state !== 'more') resolve({ status, found: state === 'found' });
              },
              ended: () => resolve({ status, found: false }),
              failed: reject,
            });
          },
          body: (piece) => decoder?.take(piece),
          end: () => decoder?.end(),
        },
      );
      const read = (step: () => void) => {
        try {
          step();
        } catch (error) {
          reject(error);
          socket.pause();
        }
      };
      socket.on('data', (piece: Buffer) => read(() => reader.take(piece)));
      socket.on('end', () => read(() => reader.close()));
      socket.on('error', reject);
      socket.on('close', () => read(() => reader.close()));
      socket.write(request, 'latin1');
    });
    // Of TLS the socket below ends first, without a word of why.
    return await orAborted(answer, means.signal);
  } finally {
    decoder?.stop();
    socket.destroy();
  }
}

/** A text that this machine could not find, wherever it is, says nothing of the endpoint. */
function textTooLong(bodyOctetsMax: number): LocalFault {
  return new LocalFault(
    `expected_body is longer than what is searched here: ${bodyOctetsMax} octets of a body (monitor.body_octets_max).`,
  );
}

/** A request as it is sent. Throws MonitorConfigError where something in it cannot be. */
function requestOf({ method, path, authority, fields }: Hop): string {
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${authority}`, 'connection: close'];
  for (let at = 0; at < fields.length; at += 2) lines.push(`${fields[at]}: ${fields[at + 1]}`);
  if (!/^[A-Z]+$/.test(method) || !/^[\x21-\x7e]+$/.test(path))
    throw new MonitorConfigError('The method or the path cannot be sent in a request line.');
  // Neither the end of a line nor what no octet is.
  if (!lines.every((line) => /^[\t\x20-\x7e\x80-\xff]*$/.test(line)))
    throw new MonitorConfigError('A header field has characters that cannot be sent.');
  return `${lines.join('\r\n')}\r\n\r\n`;
}
