import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';

/** A response by either version of HTTP. */
export interface Responded {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** A request; GET of the path without more where nothing else is said. */
export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
}

/** Where a server is, and the authority it has its certificate from; absent: it speaks without TLS. */
export interface At {
  readonly address: string;
  readonly port: number;
  readonly ca?: string;
}

const sessions: ClientHttp2Session[] = [];

/** Ends all HTTP/2 sessions of a test. */
export function endSessions(): void {
  for (const session of sessions.splice(0)) session.destroy();
}

/** An HTTP/2 session, which is ended after the test. */
export function openSession(
  { address, port, ca }: At,
  options: SecureClientSessionOptions = {},
): ClientHttp2Session {
  const session = connect(`https://${address}:${port}`, { ...(ca === undefined ? {} : { ca }), ...options });
  session.on('error', () => undefined);
  sessions.push(session);
  return session;
}

/** Asks by HTTP/2, on the session. */
export async function askHttp2(session: ClientHttp2Session, asked: Asked): Promise<Responded> {
  const { method = 'GET', path = '/', headers = {}, body } = asked;
  const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: !body });
  const responding = once(stream, 'response') as Promise<[Record<string, unknown>]>;
  if (body) stream.end(body);
  const [responded] = await responding;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { status: Number(responded[':status']), headers: responded, body: Buffer.concat(chunks) };
}

/** Asks by HTTP/1.1, on a connection of its own. */
export async function askHttp1({ address, port, ca }: At, asked: Asked): Promise<Responded> {
  const { method = 'GET', path = '/', headers = {}, body } = asked;
  const request = (ca === undefined ? httpRequest : httpsRequest)({
    ...{ host: address, port, method, path, headers, agent: false },
    ...(ca === undefined ? {} : { ca }),
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [
    AsyncIterable<Buffer> & { statusCode: number; headers: Record<string, unknown> },
  ];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}
