import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { setInterval, setImmediate as turn } from 'node:timers/promises';
import type { Check } from '../../check/check.ts';
import { orAborted } from '../deadline.ts';
import { InvalidResponse, MonitorConfigError } from '../failure.ts';
import type { Finding, Means } from '../finding.ts';
import { hostOf, OWN_FIELDS, type Target, targetOf, userAgent } from '../http/hop.ts';
import { connectTcp } from '../tcp.ts';
import { certificateEndMs, connectTls, termsOf, unlessRefused } from '../tls.ts';
import {
  decodeHealthResponse,
  encodeHealthRequest,
  ServingStatus,
  STREAM_OCTETS_MAX,
} from './health-message.ts';

/** Octets read from one connection, whatever frames they are in. */
export const CONNECTION_OCTETS_MAX = 256 * 1024;
/** Interval at which that is checked, milliseconds: Node emits no event for frames such as SETTINGS and PING. */
const WATCH_MS = 20;
/** Octets of the fields a server may send, and how many of them. */
const FIELD_OCTETS_MAX = 16 * 1024;
const FIELDS_MAX = 64;

const CHECK_PATH = '/grpc.health.v1.Health/Check';

/**
 * One attempt over gRPC: grpc.health.v1.Health/Check over HTTP/2, plaintext with prior knowledge (`grpc`) or over TLS
 * (`grpcs`, its certificate held against the same names as that of `https`). The monitor's header fields go along as
 * metadata. SERVING is good, another status a `Response body mismatch error`; an HTTP status other than 200 or a gRPC
 * status other than OK is a `Response code mismatch error`, with that status. Rejects with what ended it otherwise.
 */
export async function attemptGrpc(check: Check, address: string, means: Means): Promise<Finding> {
  const { signal, entered } = means;
  if (check.port === 0) throw new MonitorConfigError('there is no port to connect to');
  const target = targetOf(check, check.monitor.type === 'grpcs' ? 'https' : 'http', CHECK_PATH);
  entered('connect');
  const isTls = target.url.protocol === 'https:';
  const socket = isTls
    ? await openTls(check, address, target, means)
    : await connectTcp(address, check.port, signal);
  entered('http');
  const watch = new AbortController();
  const session = connect(target.url.origin, {
    createConnection: () => socket,
    maxHeaderListPairs: FIELDS_MAX,
    maxSessionMemory: 1,
    settings: { enablePush: false, maxHeaderListSize: FIELD_OCTETS_MAX },
  });
  try {
    const answer = unlessRefused(socket, call(session, socket, check, target));
    return judge(await orAborted(Promise.race([answer, endless(socket, watch.signal)]), signal));
  } finally {
    watch.abort();
    // nghttp2 may call what ends an attempt while it still reads frames. Node aborts where they come for a session that
    // was destroyed meanwhile (github.com/nodejs/node/issues/64850).
    await turn();
    session.destroy();
    socket.destroy();
  }
}

/** Not over connectTcp: Node 26 crashes when the socket under TLS under HTTP/2 is destroyed. */
async function openTls(check: Check, address: string, target: Target, means: Means): Promise<Socket> {
  const { serverName, url } = target;
  const names = {
    verifyName: serverName ?? hostOf(url),
    isEndpoint: true,
    ...(serverName && { serverName }),
  };
  const terms = { ...(await termsOf(check.monitor, names, means)), protocol: 'h2' as const };
  const to = { address, port: check.port };
  const secured = await connectTls(to, terms, means.signal, () => means.entered('tls'));
  const endsAtMs = certificateEndMs(secured);
  if (endsAtMs !== undefined) means.certified(endsAtMs);
  if (secured.alpnProtocol !== 'h2') throw new InvalidResponse('the server does not speak HTTP/2');
  return secured;
}

interface Answer {
  readonly httpStatus: number;
  readonly contentType: string;
  /** Text of `grpc-status`; undefined: there is none. */
  readonly grpcStatus: string | undefined;
  readonly body: Buffer;
}

function call(session: ClientHttp2Session, socket: Socket, check: Check, target: Target): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    socket.on('error', reject);
    session.on('error', reject);
    const stream = request(session, fieldsOf(check, target));
    const pieces: Buffer[] = [];
    let octets = 0;
    let fields: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (received) => {
      fields = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (piece: Buffer) => {
      pieces.push(piece);
      octets += piece.length;
      if (octets > STREAM_OCTETS_MAX) reject(new InvalidResponse('a message that is too long'));
    });
    stream.on('error', reject);
    // After a stream that ended as it should, and also after one whose connection went away.
    stream.on('close', () => {
      if (fields[':status'] === undefined) return reject(new InvalidResponse('the stream was closed'));
      resolve({
        httpStatus: Number(fields[':status']),
        contentType: fields['content-type'] ?? '',
        // Where there is nothing else to say, the trailers are the header (gRPC over HTTP/2, "Trailers-Only").
        grpcStatus: [trailers['grpc-status'] ?? fields['grpc-status']].flat()[0],
        body: Buffer.concat(pieces),
      });
    });
    stream.end(encodeHealthRequest(check.monitor.path.replace(/^\//, '')));
  });
}

/** Rejects once the connection has brought more than it may; until the signal aborts. */
async function endless(socket: Socket, signal: AbortSignal): Promise<never> {
  for await (const _ of setInterval(WATCH_MS, undefined, { signal }))
    if (socket.bytesRead > CONNECTION_OCTETS_MAX) throw new InvalidResponse('an endless connection');
  throw signal.reason;
}

function request(session: ClientHttp2Session, fields: Fields): ClientHttp2Stream {
  try {
    return session.request(fields);
  } catch (cause) {
    // Two values of a field that may have one, for example.
    if (/HEADER/.test((cause as NodeJS.ErrnoException).code ?? ''))
      throw new MonitorConfigError('the header fields cannot be sent over HTTP/2', { cause });
    throw cause;
  }
}

type Fields = Record<string, string | string[]>;

function fieldsOf(check: Check, { url, authority }: Target): Fields {
  const { header, timeoutSeconds } = check.monitor;
  const fields: Fields = {};
  for (const [name, values] of Object.entries(header ?? {}))
    if (!OWN_FIELDS.has(name.toLowerCase())) fields[name.toLowerCase()] = [...values];
  return {
    ...fields,
    ':method': 'POST',
    ':scheme': url.protocol.slice(0, -1),
    ':authority': authority,
    ':path': CHECK_PATH,
    'content-type': 'application/grpc',
    'grpc-timeout': `${Math.ceil(timeoutSeconds * 1_000)}m`,
    te: 'trailers',
    'user-agent': userAgent(check),
  };
}

function judge({ httpStatus, contentType, grpcStatus, body }: Answer): Finding {
  if (httpStatus !== 200) return { reason: 'Response code mismatch error', responseCode: httpStatus };
  if (!/^application\/grpc(?:[+;]|$)/i.test(contentType))
    throw new InvalidResponse('an answer that is not gRPC');
  if (grpcStatus === undefined || !/^[0-9]{1,9}$/.test(grpcStatus))
    throw new InvalidResponse('an answer without a gRPC status');
  if (Number(grpcStatus) !== 0)
    return { reason: 'Response code mismatch error', responseCode: Number(grpcStatus) };
  const status = decodeHealthResponse(body);
  if (status === undefined) throw new InvalidResponse('an answer that is no HealthCheckResponse');
  const isServing = status === ServingStatus.SERVING;
  return { reason: isServing ? 'No failures' : 'Response body mismatch error', responseCode: 0 };
}
