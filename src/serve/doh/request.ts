import { MESSAGE_OCTETS_MAX } from '../../dns/header.ts';

/** The media type of a DNS message (RFC 8484 §6). */
export const DNS_MESSAGE = 'application/dns-message';

/** The head of a request, of either version of HTTP. */
export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names and values alternately, as they came. */
  readonly rawHeaders: readonly string[];
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A status of failure, and the rule that the request broke. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly rule: string;
}

/** What a request asks for: the message in its target, the message in its body, or something that is refused. */
export type DohRequest =
  | { readonly kind: 'get'; readonly message: Buffer }
  | { readonly kind: 'post' }
  | Refusal;

/** The methods that are answered (RFC 8484 §4.1), as the field Allow lists them. */
export const METHODS = 'GET, HEAD, POST';

/** Makes a refusal. */
export function refuse(status: number, rule: string): Refusal {
  return { kind: 'refused', status, rule };
}

/** The refusal of a message that is too long. */
export const TOO_LONG = refuse(413, `a DNS message has ${MESSAGE_OCTETS_MAX} octets at most`);

/** Reads the head of a request (RFC 8484 §4.1) for the resource at `path`. */
export function readDohRequest(
  { method, target, headers, rawHeaders }: RequestHead,
  path: string,
): DohRequest {
  // RFC 9112 §3.2: two may name two servers, and a proxy before this one may have believed the other.
  if (hostFields(rawHeaders) > 1) return refuse(400, 'a request has one Host field');
  // RFC 9110 §9.3.6: it names no resource, but where a tunnel should lead.
  if (method === 'CONNECT') return refuse(405, `the methods are ${METHODS}`);
  const url = URL.parse(target, ANY_ORIGIN);
  if (url === null || url.pathname !== path) return refuse(404, 'there is no resource at this path');
  if (method === 'GET' || method === 'HEAD') return readTarget(url);
  if (method !== 'POST') return refuse(405, `the methods are ${METHODS}`);
  const type = String(headers['content-type'] ?? '').split(';', 1)[0]!;
  if (type.trim().toLowerCase() !== DNS_MESSAGE)
    return refuse(415, `the content type must be ${DNS_MESSAGE}`);
  const encoding = String(headers['content-encoding'] ?? 'identity');
  if (encoding.toLowerCase() !== 'identity') return refuse(415, 'the body must not be encoded');
  if (Number(headers['content-length'] ?? 0) > MESSAGE_OCTETS_MAX) return TOO_LONG;
  return { kind: 'post' };
}

/** Counts the Host fields. */
function hostFields(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.toLowerCase() === 'host') count += 1;
  return count;
}

/** The base of every target. Only path and query of the result are used. */
const ANY_ORIGIN = 'https://dns.invalid';

function readTarget({ searchParams }: URL): DohRequest {
  const [text, ...others] = searchParams.getAll('dns');
  if (text === undefined || others.length > 0) return refuse(400, 'there must be one parameter "dns"');
  const message = Buffer.from(text, 'base64url');
  // RFC 4648 §3.2, §3.5, §5: no padding, no other alphabet, no bits left over. Such text comes back when the octets are encoded again.
  if (message.toString('base64url') !== text) return refuse(400, '"dns" must be base64url without padding');
  return message.length > MESSAGE_OCTETS_MAX ? TOO_LONG : { kind: 'get', message };
}
