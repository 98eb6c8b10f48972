import { Redis, type RedisOptions } from 'ioredis';
import type { HostAndPort, RedisAddress } from '../../../input/redis-url.ts';
import { serverNameOf } from '../../../pool/address.ts';
import { type AskNode, clusterConnector } from './primary/cluster.ts';
import { guardParser } from './primary/guarded.ts';
import { sentinelConnector } from './primary/sentinel.ts';

/** The library's client. Only this folder sees it. */
export type Client = Redis;

/** What TLS needs beside the authorities of the system and the host's name, in PEM. */
export interface RedisTls {
  /** In the place of the authorities of the system. */
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name in the certificates, in the place of the host's. */
  readonly servername?: string;
}

/** How a client connects. */
export interface ClientOptions {
  /** Shown by Redis' CLIENT LIST. */
  readonly name: string;
  /** Time limit for one attempt to connect, milliseconds. */
  readonly connectMs: number;
  /** A key of the store, whose slot decides which node of a cluster is asked. */
  readonly key: string;
  readonly tls?: RedisTls;
  /** The login at the sentinels. */
  readonly sentinel?: { readonly username?: string; readonly password?: string };
}

/** Longest pause between two attempts to connect; attempts double from the shortest. */
const RECONNECT_MAX_MS = 1_000;
const RECONNECT_MIN_MS = 50;
/**
 * Shortest time between two reconnections from a server that is no primary any more, milliseconds. Where the address of the one
 * server leads to no other, reading goes on; sentinels and nodes of a cluster name another soon.
 */
const LEAVE_MS = { server: 5_000, sentinel: 500, cluster: 500 } as const;
/** Time limit for a sentinel, or a node of a cluster, to answer where the primary is, milliseconds. */
const ASK_MS = 1_000;

/** What a server answers that is a replica now, or a node of a cluster that has the slot no longer. */
const LEFT = /READONLY|^MOVED |^ASK |^CLUSTERDOWN |^UNBLOCKED |^MASTERDOWN /;

/** Creates a client that connects, again and again, and sends each command once. */
export function createClient(address: RedisAddress, options: ClientOptions): Client {
  const { by } = address;
  let leftMs = Number.NEGATIVE_INFINITY;
  /** After a failover the address, the sentinels or the cluster may lead to the new primary. */
  const isToLeave = (error: Error) => {
    if (!LEFT.test(error.message) || (by === 'server' && !error.message.includes('READONLY'))) return false;
    if (performance.now() - leftMs < LEAVE_MS[by]) return false;
    leftMs = performance.now();
    return true;
  };
  const redis = new Redis({
    ...loginOf(address),
    ...primaryOf(address, options),
    db: address.database,
    connectionName: options.name,
    connectTimeout: options.connectMs,
    // Nothing is ever sent a second time by the library.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: pauseMs,
    reconnectOnError: isToLeave,
    maxLoadingRetryTime: RECONNECT_MAX_MS,
    protocol: 2,
  });
  quietReadyCheck(redis);
  redis.on('connect', () => guardParser(redis.stream));
  return redis;
}

function pauseMs(attempt: number): number {
  return Math.min(RECONNECT_MIN_MS * 2 ** (attempt - 1), RECONNECT_MAX_MS) * (0.75 + Math.random() / 4);
}

function loginOf({ username, password }: RedisAddress): Pick<RedisOptions, 'username' | 'password'> {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

/** How a connection is made: to the one server, or to the one that is the primary now. */
function primaryOf(
  address: RedisAddress,
  { tls = {}, sentinel = {}, key }: ClientOptions,
): Omit<RedisOptions, 'replyMapping' | 'protocol'> {
  const { by, servers, primary } = address;
  const tlsTo = (host: string) => {
    // The library sends no SNI by itself, by which a proxy finds the right Redis.
    const servername = serverNameOf(host);
    return { ...(servername !== undefined && { servername }), ...tls };
  };
  switch (by) {
    case 'server': {
      const [{ host, port }] = servers as readonly [HostAndPort];
      return { host, port, ...(address.tls && { tls: tlsTo(host) }) };
    }
    case 'sentinel':
      return {
        Connector: sentinelConnector(ASK_MS),
        sentinels: [...servers],
        name: primary!,
        failoverDetector: true,
        sentinelReconnectStrategy: pauseMs,
        sentinelRetryStrategy: () => null,
        sentinelCommandTimeout: ASK_MS,
        ...(sentinel.username !== undefined && { sentinelUsername: sentinel.username }),
        ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password }),
        ...(address.tls && { enableTLSForSentinelMode: true, tls, sentinelTLS: tls }),
      };
    case 'cluster':
      return {
        Connector: clusterConnector({
          seeds: servers,
          key,
          ask: askNode(address, tlsTo),
          ...(address.tls && { tlsTo }),
        }),
        ...(address.tls && { tls }),
      };
  }
}

/** Asks one node of a cluster by a connection of its own. */
function askNode(address: RedisAddress, tlsTo: (host: string) => RedisTls): AskNode {
  return async (node, commands) => {
    const asked = new Redis({
      ...node,
      ...loginOf(address),
      ...(address.tls && { tls: tlsTo(node.host) }),
      connectTimeout: ASK_MS,
      commandTimeout: ASK_MS,
      enableReadyCheck: false,
      retryStrategy: () => null,
      protocol: 2,
    });
    // What fails rejects the call below.
    asked.on('error', () => {}).on('connect', () => guardParser(asked.stream));
    try {
      return await Promise.all(commands.map(([name, ...args]) => asked.call(name, ...args)));
    } finally {
      asked.disconnect();
    }
  };
}

/** The library asks INFO whether Redis has loaded its data. Where that is forbidden it goes on, and would print a line of its own. */
function quietReadyCheck(redis: Redis): void {
  const info = redis.info.bind(redis) as () => Promise<string>;
  const quiet = async (done: (error: Error | null, text?: string) => void) => {
    try {
      done(null, await info());
    } catch (error) {
      if (String(error).includes('NOPERM')) done(null, '');
      else done(error as Error);
    }
  };
  redis.info = quiet as unknown as Redis['info'];
}
