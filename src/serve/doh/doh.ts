import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { newExchange, Transport } from '../../answer/exchange.ts';
import type { Responder } from '../../answer/respond.ts';
import { TLS_VERSION_MIN } from '../../config/tls-version.ts';
import { MESSAGE_OCTETS_MAX } from '../../dns/header.ts';
import { type AcceptOptions, type Connection, startAccepting } from '../stream/accept.ts';
import type { KeyPair } from '../tls/certificate.ts';
import { endpointOf, type TlsListener } from '../tls/dot.ts';
import { createBodyReader } from './body.ts';
import { watchConnections } from './ending.ts';
import { maxAgeSeconds } from './freshness.ts';
import { answerOtherMethods } from './methods.ts';
import { DNS_MESSAGE, METHODS, type Refusal, readDohRequest, refuse } from './request.ts';

/** What startDoh needs; limits included. */
export interface DohOptions extends Omit<AcceptOptions, 'serve' | 'isShared'> {
  /** The path of the only resource. */
  readonly path: string;
  /** Absent: HTTP without TLS, for a proxy on the same machine, whose connections are not counted as one client's. */
  readonly certificate?: KeyPair;
  readonly responder: Responder;
  /** A connection without any traffic for this time is closed. */
  readonly idleTimeoutMs: number;
}

/** Requests at a time on one HTTP/2 connection. */
export const STREAMS_MAX = 100;
/** Octets of the head of a request. It bounds the message of a GET, in base64url; POST takes longer ones. */
export const HEAD_OCTETS_MAX = 16 * 1024;
/** Interval at which Node looks for HTTP/1.1 requests that take too long, milliseconds. */
const CHECK_MS = 500;
/** Megabytes that Node may keep for one HTTP/2 connection before it refuses streams. */
const SESSION_MEGABYTES_MAX = 1;

const NO_QUERY = refuse(400, 'the message is not a DNS query');
const GONE = refuse(503, 'the server ends; ask on another connection');

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** A connection, and the number of its requests that are not answered yet. */
interface Client {
  readonly connection: Connection;
  requests: number;
}

/** Answers DNS over HTTPS (RFC 8484), by HTTP/2 and HTTP/1.1. Rejects when the address cannot be bound. */
export async function startDoh(options: DohOptions): Promise<TlsListener> {
  const clients = new Map<string, Client>();
  const answer = createAnswerer(options);
  const server = createHttpServer(options, (request, response) => {
    // The client may close the connection at any moment. Then an error has no receiver.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const client = clientOf(request);
    if (client === undefined) return;
    if (client.connection.isDraining && !('stream' in response)) response.shouldKeepAlive = false;
    holdPlace(client, request, response);
    cutOffAfter(options.transferTimeoutMs, request, response);
    answer(request, response, client.connection);
  });
  const endConnection = watchConnections(server, options.certificate !== undefined);
  /** Finds who sent a request; undefined: the connection is closed, perhaps since before Node emitted the request. */
  function clientOf(request: Request): Client | undefined {
    try {
      return clients.get(endpointOf(request.socket));
    } catch {
      // Node throws where the session of a stream has lost its socket.
      return undefined;
    }
  }
  const listener = await startAccepting({
    ...options,
    isShared: options.certificate === undefined,
    serve(connection) {
      const { socket } = connection;
      const endpoint = endpointOf(socket);
      const own = { connection, requests: 0 };
      connection.drain = () => endConnection(endpoint, socket, () => own.requests > 0);
      clients.set(endpoint, own);
      socket.once('close', () => {
        if (clients.get(endpoint) === own) clients.delete(endpoint);
      });
      // Node's HTTP servers close a connection that the client has half closed.
      socket.allowHalfOpen = false;
      server.emit('connection', socket);
      // TLS reads from the kernel by itself. HTTP waits until the socket reads.
      if (options.certificate === undefined) socket.resume();
    },
  });
  // Node looks for requests that take too long only after this event, which it does not emit where connections come from elsewhere.
  server.emit('listening');
  return {
    ...listener,
    setCertificate(certificate) {
      if ('setSecureContext' in server)
        server.setSecureContext({ ...certificate, minVersion: TLS_VERSION_MIN });
    },
    stop() {
      server.close(() => undefined);
      return listener.stop();
    },
  };
}

function createHttpServer(
  { certificate, idleTimeoutMs, transferTimeoutMs }: DohOptions,
  handle: (request: Request, response: Response) => void,
): Server | Http2SecureServer {
  const http1Options = {
    keepAliveTimeout: idleTimeoutMs,
    headersTimeout: transferTimeoutMs,
    requestTimeout: transferTimeoutMs,
    connectionsCheckingInterval: CHECK_MS,
    maxHeaderSize: HEAD_OCTETS_MAX,
    noDelay: true,
  };
  if (certificate === undefined) {
    const server = createServer(http1Options, handle);
    answerOtherMethods(server, handle);
    return server.setTimeout(idleTimeoutMs);
  }
  const server = createSecureServer(
    {
      ...certificate,
      allowHTTP1: true,
      http1Options,
      ...http1Options,
      minVersion: TLS_VERSION_MIN,
      handshakeTimeout: transferTimeoutMs,
      unknownProtocolTimeout: transferTimeoutMs,
      maxSessionMemory: SESSION_MEGABYTES_MAX,
      settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEAD_OCTETS_MAX, enablePush: false },
    },
    handle,
  );
  server.setTimeout(idleTimeoutMs);
  answerOtherMethods(server, handle);
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return server;
}

/** Marks the connection as busy until the request is answered, so that it need not make room for another. */
function holdPlace(client: Client, request: Request, response: Response): void {
  const { place } = client.connection;
  client.requests += 1;
  place.setBusy(true);
  onceDone(request, response, () => {
    client.requests -= 1;
    if (response.writableFinished) place.progress();
    place.setBusy(client.requests > 0);
  });
}

/** Cuts off a request that takes too long, from its head to the end of its answer. */
function cutOffAfter(timeoutMs: number, request: Request, response: Response): void {
  const timer = setTimeout(() => {
    if ('stream' in request) request.stream.close(constants.NGHTTP2_CANCEL);
    else request.socket.destroy();
  }, timeoutMs);
  onceDone(request, response, () => clearTimeout(timer));
}

function onceDone(request: Request, response: Response, done: () => void): void {
  if ('stream' in request) request.stream.once('close', done);
  else response.once('close', done);
}

/** Creates the function that answers requests. */
function createAnswerer({
  responder,
  path,
}: DohOptions): (request: Request, response: Response, connection: Connection) => void {
  const exchange = newExchange(Transport.DOH);
  const reply = Buffer.alloc(MESSAGE_OCTETS_MAX);
  exchange.reply = reply;
  const bodies = createBodyReader();

  function answer(
    request: Request,
    response: Response,
    query: Buffer,
    { client, successor }: Connection,
  ): void {
    if (successor !== undefined) {
      successor.ask({ query, transport: Transport.DOH, client }, (answered) =>
        sendAnswer(request, response, answered),
      );
      return;
    }
    exchange.query = query;
    exchange.queryOctets = query.length;
    exchange.peer = client;
    exchange.peerOctets = client.length;
    sendAnswer(request, response, reply.subarray(0, responder.respond(exchange)));
  }

  return (request, response, connection) => {
    const { method = '', url = '', headers, rawHeaders } = request;
    const asked = readDohRequest({ method, target: url, headers, rawHeaders }, path);
    if (asked.kind === 'refused') sendRefusal(request, response, asked);
    else if (asked.kind === 'get') answer(request, response, asked.message, connection);
    else
      bodies.read(request, (body) => {
        if (Buffer.isBuffer(body)) answer(request, response, body, connection);
        else sendRefusal(request, response, body);
      });
  };
}

/** Sends the answer to a query; an empty one: the query gets none; undefined: the server that had to answer is gone. */
function sendAnswer(request: Request, response: Response, answer: Uint8Array | undefined): void {
  if (answer === undefined) sendRefusal(request, response, GONE);
  else if (answer.length === 0) sendRefusal(request, response, NO_QUERY);
  else {
    // It may wait for its client while its memory is used for others, so it is copied.
    const body = Buffer.from(answer);
    send(request, response, 200, body, {
      'content-type': DNS_MESSAGE,
      'cache-control': `max-age=${maxAgeSeconds(body)}`,
    });
  }
}

function sendRefusal(request: Request, response: Response, { status, rule }: Refusal): void {
  send(request, response, status, Buffer.from(`${rule}\n`), {
    'content-type': 'text/plain; charset=utf-8',
    ...(status === 405 ? { allow: METHODS } : {}),
  });
}

function send(
  request: Request,
  response: Response,
  status: number,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): void {
  const fields = { 'content-length': body.length, ...headers };
  if ('stream' in response) response.writeHead(status, fields);
  else response.writeHead(status, fields);
  if (request.method === 'HEAD') response.end();
  else response.end(body);
}
