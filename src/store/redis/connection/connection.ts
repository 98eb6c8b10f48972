import { describeRedis, type RedisAddress } from '../../../input/redis-url.ts';
import { StoreRefused, StoreUnavailable } from '../../contract/failure.ts';
import { type Client, type ClientOptions, createClient } from './client.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { refusalIn } from './refusal.ts';
import { afterRunning } from './running-time.ts';
import type { Script } from './scripts.ts';

/**
 * A connection that comes back by itself. Commands are sent once: one whose connection broke, or that was not
 * answered in time, fails with StoreUnavailable and is never sent again, since it may have been carried out; one that
 * Redis refuses (refusal.ts) fails with StoreRefused.
 */
export interface Connection extends Calls {
  /** The same connection, with this time limit for each call, milliseconds. */
  within(ms: () => number): Connection;
  /** Resolves when commands can be sent, when Redis refused an attempt to connect, or when the connection was closed for good. */
  usable(): Promise<void>;
  /**
   * Returns what stands for the connection that there is now: after the next reconnection it is another. Throws
   * StoreUnavailable where there is none.
   */
  link(): Promise<object>;
  /** Ends it for good; commands under way fail. */
  close(): void;
}

/** Redis was sent a command and did not answer it: it may have carried it out. */
export class Unanswered extends StoreUnavailable {}

/**
 * The calls of a connection. Every call throws StoreUnavailable where nothing was carried out, Unanswered where it may
 * have been.
 */
interface Calls {
  command(name: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** Runs a script; should Redis have forgotten it, it is sent in full. */
  script(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /**
   * Reads an answer. Where `reader` finds that Redis cannot have answered so, the network between is not trusted: the
   * connection is made anew, and this throws Unanswered.
   */
  read<T>(answer: unknown, reader: (answer: unknown) => T | undefined): T;
}

/** The time limit of a connection, its name, and how it is made. */
export interface ConnectionOptions extends Omit<ClientOptions, 'connectMs'> {
  /** Milliseconds for connecting, and for a command from call to answer. */
  readonly timeoutMs: number;
  /** Called when a key has the wrong type. */
  readonly wrongType?: () => void;
}

/** However long it took to connect, a command has this share of its time for the answer. */
const ANSWER_SHARE_MIN = 0.2;

/** The error for a command that was not answered in time. */
const TIMED_OUT = 'Command timed out';

/** Opens a connection; never throws and never waits: while Redis is away, commands fail. */
export function openConnection(address: RedisAddress, options: ConnectionOptions): Connection {
  const { timeoutMs } = options;
  const redis = createClient(address, { ...options, connectMs: timeoutMs });
  const textOf = (why: string) =>
    `${describeRedis(address)}: ${readiness.isClosed ? 'connection closed' : why}`;
  const unavailable = (why: string) => {
    const refusal = refusalIn(why);
    return refusal === undefined ? new StoreUnavailable(textOf(why)) : new StoreRefused(refusal, textOf(why));
  };
  const describe = (error: unknown) => withoutSecrets(error, [address.password, options.sentinel?.password]);
  const readiness: Readiness = createReadiness(redis, describe, unavailable);
  const leave = createLeave(redis, timeoutMs);

  const send = async (issue: () => Promise<unknown>, ms: number): Promise<unknown> => {
    const fromMs = performance.now();
    await readiness.connected(ms);
    const leftMs = Math.max(ms - (performance.now() - fromMs), ms * ANSWER_SHARE_MIN);
    gather(redis);
    try {
      return await inTime(issue(), leftMs);
    } catch (error) {
      const why = describe(error);
      // A late answer must not be taken for that of another command, and perhaps no answer can be understood any more.
      if (why === TIMED_OUT) leave();
      if (why.includes('WRONGTYPE')) options.wrongType?.();
      throw isSettled(error) ? unavailable(why) : new Unanswered(textOf(why));
    }
  };

  const calls = (ms: () => number): Connection => ({
    within: calls,
    read: (answer, reader) => {
      const read = reader(answer);
      if (read !== undefined) return read;
      leave();
      throw new Unanswered(textOf('answered what cannot be an answer'));
    },
    command: (name, ...args) => send(() => redis.call(name, ...args), ms()),
    script: (script, keys, args) =>
      send(() => {
        if (!(script.name in redis))
          redis.defineCommand(script.name, { lua: script.lua, numberOfKeys: script.keys });
        const defined = redis as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>;
        return defined[script.name]!(...keys, ...args);
      }, ms()),
    usable: readiness.usable,
    link: async () => {
      await readiness.connected(ms());
      return redis.stream;
    },
    close: () => {
      readiness.closed();
      redis.disconnect();
    },
  });
  return calls(() => timeoutMs);
}

/**
 * Creates the function that ends the present connection, once, and makes it anew. It does so too where Redis accepted a connection
 * and does not become ready within `timeoutMs`: it is asked whether it is ready, and may never say.
 */
function createLeave(redis: Client, timeoutMs: number): () => void {
  let left: unknown;
  let endWait = () => {};
  const leave = () => {
    if (left === redis.stream) return;
    left = redis.stream;
    redis.disconnect(true);
  };
  redis.on('connect', () => {
    endWait = afterRunning(timeoutMs, leave);
  });
  for (const over of ['ready', 'close'] as const) redis.on(over, () => endWait());
  return leave;
}

/** Gathers all commands of one turn of the event loop into one write to the socket. */
function gather({ stream }: Client): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}

/** Resolves with an answer, or rejects when it does not come in time. This also notices a peer that vanished. */
function inTime(answer: Promise<unknown>, ms: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const end = afterRunning(ms, () => reject(new Error(TIMED_OUT)));
    answer.finally(end).then(resolve, reject);
  });
}

/**
 * The message of an error of the library. Old servers repeat the arguments of a command they do not know, AUTH's among them.
 * The error itself is not passed on as a cause either: the library attaches the command with its arguments.
 */
function withoutSecrets(error: unknown, secrets: readonly (string | undefined)[]): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return secrets.reduce<string>((shown, secret) => (secret ? shown.replaceAll(secret, '***') : shown), text);
}

/** Returns true for a failed command that was not carried out: Redis said so, or it was never sent. */
function isSettled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'ReplyError' || error.message.startsWith("Stream isn't writeable");
}
