import { Redis } from 'ioredis';
import { serverNameOf } from '../../../pool/address.ts';
import type { RedisAddress } from './url.ts';

/** The library's client. Only this folder sees it. */
export type Client = Redis;

/** Longest pause between two attempts to connect; attempts double from the shortest. */
const RECONNECT_MAX_MS = 1_000;
const RECONNECT_MIN_MS = 50;
/**
 * Shortest time between two reconnections from a server that refuses writes as a replica, milliseconds: where its
 * address leads to no other, reading goes on.
 */
const LEAVE_REPLICA_MS = 5_000;

/**
 * Creates a client that connects, again and again, and sends each command once. `name` is shown by Redis' CLIENT LIST.
 * `connectMs`: time limit for one attempt to connect, milliseconds.
 */
export function createClient(address: RedisAddress, name: string, connectMs: number): Client {
  let leftReplicaMs = Number.NEGATIVE_INFINITY;
  /** After a failover the old master answers READONLY: its address may lead to the new one by now. */
  const isToLeave = (error: Error) => {
    if (!error.message.includes('READONLY') || performance.now() - leftReplicaMs < LEAVE_REPLICA_MS)
      return false;
    leftReplicaMs = performance.now();
    return true;
  };
  const servername = serverNameOf(address.host);
  const redis = new Redis({
    host: address.host,
    port: address.port,
    db: address.database,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    // The library sends no SNI by itself, by which a proxy finds the right Redis.
    ...(address.tls ? { tls: { ...(servername !== undefined && { servername }) } } : {}),
    connectionName: name,
    connectTimeout: connectMs,
    // Nothing is ever sent a second time by the library.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) =>
      Math.min(RECONNECT_MIN_MS * 2 ** (attempt - 1), RECONNECT_MAX_MS) * (0.75 + Math.random() / 4),
    reconnectOnError: isToLeave,
    maxLoadingRetryTime: RECONNECT_MAX_MS,
    protocol: 2,
  });
  quietReadyCheck(redis);
  redis.on('connect', () => guardParser(redis.stream));
  return redis;
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

/** Ends a connection whose answers cannot be parsed: what the library throws there would end the process. */
function guardParser(stream: Redis['stream']): void {
  // The parser comes first; those after it, such as the one that times answers, come and go.
  const [parse] = stream.listeners('data') as ((data: Buffer) => void)[];
  if (parse === undefined) return;
  stream.off('data', parse);
  stream.prependListener('data', (data: Buffer) => {
    try {
      parse.call(stream, data);
    } catch (error) {
      stream.destroy(error as Error);
    }
  });
}
