import { Transport } from '../../answer/exchange.ts';
import type { Sampled } from '../../answer/sample/ring.ts';
import { bytesField, fixed32Field, varintField } from './protobuf.ts';

/** Fields and values of dnstap.proto (https://dnstap.info). */
const Dnstap = { IDENTITY: 1, VERSION: 2, MESSAGE: 14, TYPE: 15 } as const;
const DNSTAP_MESSAGE = 1;
const Message = {
  TYPE: 1,
  SOCKET_FAMILY: 2,
  SOCKET_PROTOCOL: 3,
  QUERY_ADDRESS: 4,
  QUERY_SECONDS: 8,
  QUERY_NANOSECONDS: 9,
  QUERY_MESSAGE: 10,
  RESPONSE_SECONDS: 12,
  RESPONSE_NANOSECONDS: 13,
  RESPONSE_MESSAGE: 14,
} as const;
const AUTH_QUERY = 1;
const AUTH_RESPONSE = 2;
const INET = 1;
const INET6 = 2;
const PROTOCOLS = new Map<number, number>([
  [Transport.UDP, 1],
  [Transport.TCP, 2],
  [Transport.DOT, 3],
  [Transport.DOH, 4],
]);

/** The server in each message. */
export interface TappedServer {
  readonly identity: string;
  readonly version: string;
}

/**
 * Encodes an exchange as dnstap messages: AUTH_QUERY, and AUTH_RESPONSE where it was answered. What is too long to be kept has no
 * message. `epochMs`: when it was, milliseconds since the epoch.
 */
export function dnstapOf(
  sampled: Sampled,
  { identity, version }: TappedServer,
  epochMs: number,
): Uint8Array[] {
  const types = [...(sampled.query ? [AUTH_QUERY] : []), ...(sampled.reply ? [AUTH_RESPONSE] : [])];
  return types.map((type) =>
    Buffer.concat([
      bytesField(Dnstap.IDENTITY, Buffer.from(identity)),
      bytesField(Dnstap.VERSION, Buffer.from(version)),
      bytesField(Dnstap.MESSAGE, messageOf(sampled, type, epochMs)),
      varintField(Dnstap.TYPE, DNSTAP_MESSAGE),
    ]),
  );
}

function messageOf({ query, reply, transport, client }: Sampled, type: number, epochMs: number): Uint8Array {
  const [seconds, nanoseconds] = [Math.floor(epochMs / 1_000), (Math.floor(epochMs) % 1_000) * 1e6];
  const response = () => [
    varintField(Message.RESPONSE_SECONDS, seconds),
    fixed32Field(Message.RESPONSE_NANOSECONDS, nanoseconds),
    bytesField(Message.RESPONSE_MESSAGE, reply!),
  ];
  return Buffer.concat([
    varintField(Message.TYPE, type),
    varintField(Message.SOCKET_FAMILY, client.length === 4 ? INET : INET6),
    varintField(Message.SOCKET_PROTOCOL, PROTOCOLS.get(transport)!),
    bytesField(Message.QUERY_ADDRESS, client),
    varintField(Message.QUERY_SECONDS, seconds),
    fixed32Field(Message.QUERY_NANOSECONDS, nanoseconds),
    ...(query ? [bytesField(Message.QUERY_MESSAGE, query)] : []),
    ...(type === AUTH_RESPONSE ? response() : []),
  ]);
}
