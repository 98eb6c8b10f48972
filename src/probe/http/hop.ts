import { isIP } from 'node:net';
import type { Check } from '../../check/check.ts';
import { isRedirect } from '../../check/expected-codes.ts';
import { CLIENT_FIELDS } from '../../check/monitor.ts';
import { MonitorConfigError } from '../failure.ts';

/** One request of an attempt: the first, or the next after a redirect. */
export interface Hop {
  /** The URL of the request: scheme, `Host` and path. */
  readonly url: URL;
  /** IP address and port that it connects to; an absent address is to be found by resolving the URL's host. */
  readonly address?: string;
  readonly port: number;
  readonly method: string;
  /** Path and query as they are sent. */
  readonly path: string;
  /** `Host` as it is sent. */
  readonly authority: string;
  /** SNI; absent: none. */
  readonly serverName?: string;
  /** Whether it goes to the scheme, host and port that are checked, which alone get what is meant for them. */
  readonly isEndpoint: boolean;
  /** Header fields, name and value in turn. */
  readonly fields: readonly string[];
}

/** Fields of a monitor that are not sent: those that frame the message or the connection, and those that are ours. */
export const OWN_FIELDS: ReadonlySet<string> = new Set(['host', ...CLIENT_FIELDS]);

/** The request a check starts with, to one IP address of its endpoint. Throws MonitorConfigError. */
export function firstHop(check: Check, ip: string): Hop {
  const { monitor, port } = check;
  const path = monitor.path.startsWith('/') ? monitor.path : `/${monitor.path}`;
  const { url, authority, serverName } = targetOf(check, monitor.type === 'https' ? 'https' : 'http', path);
  const fields = ['user-agent', userAgent(check)];
  const authored = new Set<string>();
  for (const [name, values] of Object.entries(monitor.header ?? {})) {
    const folded = name.toLowerCase();
    if (OWN_FIELDS.has(folded)) continue;
    authored.add(folded);
    for (const value of values) fields.push(name, value);
  }
  if (!authored.has('accept')) fields.push('accept', '*/*');
  if (!authored.has('accept-encoding')) fields.push('accept-encoding', 'identity');
  return {
    url,
    address: ip,
    port,
    method: monitor.method,
    path,
    authority,
    isEndpoint: true,
    fields,
    ...(serverName === undefined ? {} : { serverName }),
  };
}

/** The receiver of a request of a check. */
export type Target = Pick<Hop, 'url' | 'authority' | 'serverName'>;

/** Returns the receiver of a check's own request to this path. Throws MonitorConfigError. */
export function targetOf(check: Check, scheme: 'http' | 'https', path: string): Target {
  // A final dot belongs to DNS: SNI never has it (RFC 6066 §3), and Host only where its author wrote it.
  const address = check.address.replace(/\.$/, '');
  const authority = check.host ?? authorityOf(address, check.port, scheme);
  const url = URL.parse(`${scheme}://${authority}${path}`);
  if (url === null) throw new MonitorConfigError(`"${authority}" cannot be the host of a request`);
  const authored = check.monitor.tls?.serverName?.replace(/\.$/, '');
  const serverName = authored || [nameOf(url), address].find((name) => isIP(name) === 0);
  return { url, authority, ...(serverName === undefined ? {} : { serverName }) };
}

/**
 * The request after a redirect, or undefined when it cannot be followed: no Location, an unreadable one, or another
 * scheme than http and https. `location` has a character for each octet. A redirect to the same host stays at the endpoint's
 * address, since that is what is being checked; to the same scheme, host and port also at its port, and only there the
 * monitor's own header fields go along: they may be secrets (RFC 9110 §15.4). To another host it goes wherever that host's
 * name points.
 */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!isRedirect(status) || !location) return undefined;
  const url = URL.parse(escaped(location), hop.url);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  const name = nameOf(url);
  const sameHost = name === nameOf(hop.url);
  const port = portOf(url);
  const isAsWritten = sameHost && url.protocol === hop.url.protocol && port === portOf(hop.url);
  // The port may be the one that is checked, though Host does not say so.
  const sameOrigin = isAsWritten || (sameHost && url.protocol === hop.url.protocol && port === hop.port);
  const address = sameHost ? hop.address : isIP(name) === 0 ? undefined : name;
  const serverName = sameHost ? hop.serverName : isIP(name) === 0 ? name : undefined;
  return {
    url,
    port: isAsWritten ? hop.port : port,
    method: hop.method === 'HEAD' || status === 307 || status === 308 ? hop.method : 'GET',
    path: url.pathname + url.search,
    authority: url.origin === hop.url.origin ? hop.authority : url.host,
    isEndpoint: sameOrigin && hop.isEndpoint,
    fields: sameOrigin ? hop.fields : ownFields(hop.fields),
    ...(address === undefined ? {} : { address }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

/** A Location as a URL reference (RFC 3986 §4.1): octets beyond ASCII, which some servers send raw, as percent codes. */
function escaped(location: string): string {
  return location.replace(/[\x80-\xff]/g, (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase()}`);
}

function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}

/** A URL's host: lower-case, an IPv6 address without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** A URL's host without the final dot of a name: what SNI has, and by which hosts are compared. */
function nameOf(url: URL): string {
  return hostOf(url).replace(/\.$/, '');
}

/** The `User-Agent` of every probe; it names the first pool that has the check, for readers of the endpoint's log. */
export function userAgent(check: Check): string {
  const pool = check.users[0]?.pool.id.slice(0, 16) ?? 'none';
  return `Mozilla/5.0 (compatible; Lifeguard/1.0; pool-id: ${pool})`;
}

function authorityOf(address: string, port: number, scheme: 'http' | 'https'): string {
  // A scope (fe80::1%eth0) means something on this machine only, so it is not part of a Host.
  const host = isIP(address) === 6 ? `[${address.replace(/%.*$/, '')}]` : address;
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
}

function ownFields(fields: readonly string[]): readonly string[] {
  const kept = fields.slice(0, 2);
  return [...kept, 'accept', '*/*', 'accept-encoding', 'identity'];
}
