import { Redis } from 'ioredis';
import { StoreRefused, StoreUnavailable } from '../../contract/failure.ts';
import { refusalIn } from './refusal.ts';
import { afterRunning } from './running-time.ts';
import type { Script } from './scripts.ts';
import type { RedisAddress } from './url.ts';

/** Longest pause between two attempts to connect; attempts double from the shortest. */
const RECONNECT_MAX_MS = 1_000;
const RECONNECT_MIN_MS = 50;
/** A server that refuses writes as a replica is left once in so long: where its address leads to no other, reading goes on. */
const LEAVE_REPLICA_MS = 5_000;

/**
 * A connection that comes back by itself. Commands are sent once: one whose connection broke, or that was not
 * answered in time, fails with StoreUnavailable and is never sent again, since it may have been carried out; one that
 * Redis refuses (refusal.ts) fails with StoreRefused.
 */
export interface Connection extends Calls {
  /** The same connection, on which each call has only so many milliseconds from the call to its answer. */
  within(ms: () => number): Connection;
  /** Resolves when commands can be sent, or when the connection was closed for good. */
  usable(): Promise<void>;
  /** Ends it for good; commands under way fail. */
  close(): void;
}

/** Redis was sent a command and did not answer it: it may have carried it out. */
export class Unanswered extends StoreUnavailable {}

/** What a connection is asked. Every call throws StoreUnavailable where nothing was carried out, Unanswered where it may have been. */
interface Calls {
  command(name: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** Runs a script; should Redis have forgotten it, it is sent in full. */
  script(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /**
   * What an answer says; where `reader` finds that nothing could be answered so, whatever lies between is not to be
   * trusted any further: the connection is made anew, and this throws Unanswered.
   */
  read<T>(answer: unknown, reader: (answer: unknown) => T | undefined): T;
}

/** How long a connection may take, and what it calls itself. */
export interface ConnectionOptions {
  /** Milliseconds for connecting, and for a command from call to answer. */
  readonly timeoutMs: number;
  /** Shown by Redis' CLIENT LIST. */
  readonly name: string;
  /** Told when a key is not of the type that it must be. */
  readonly wrongType?: () => void;
}

/** However long it took to connect, a command has this share of its time for the answer. */
const ANSWER_SHARE_MIN = 0.2;

/** What is said of a command that was not answered in time. */
const TIMED_OUT = 'Command timed out';

/** Opens a connection; never throws and never waits: while Redis is away, commands fail. */
export function openConnection(address: RedisAddress, options: ConnectionOptions): Connection {
  const { timeoutMs } = options;
  let leftReplicaMs = Number.NEGATIVE_INFINITY;
  /** After a failover the old master answers READONLY: its address may lead to the new one by now. */
  const isToLeave = (error: Error) => {
    if (!error.message.includes('READONLY') || performance.now() - leftReplicaMs < LEAVE_REPLICA_MS)
      return false;
    leftReplicaMs = performance.now();
    return true;
  };
  const redis = new Redis({
    host: address.host,
    port: address.port,
    db: address.database,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.tls ? { tls: {} } : {}),
    connectionName: options.name,
    connectTimeout: timeoutMs,
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
  let closed = false;
  let trouble = 'not connected';
  const attempts = new Set<(failure?: string) => void>();
  const resting = new Set<() => void>();
  const settle = (failure?: string) => {
    for (const done of attempts) done(failure);
    attempts.clear();
    if (failure !== undefined && !closed) return;
    for (const done of resting) done();
    resting.clear();
  };
  redis.on('error', (error) => {
    trouble = describe(error);
  });
  /** Ends the wait for a connection to be ready. */
  let endWait = () => {};
  redis.on('connect', () => {
    guardParser(redis.stream);
    // It is asked whether it is ready, and may never say.
    endWait = afterRunning(timeoutMs, leave);
  });
  redis.on('ready', () => {
    endWait();
    trouble = 'connection lost';
    settle();
  });
  redis.on('close', () => {
    endWait();
    settle(trouble);
  });
  redis.on('end', () => settle(trouble));
  const describe = (error: unknown): string => {
    const text = error instanceof Error ? error.message || error.name : String(error);
    // Old servers repeat the arguments of a command they do not know, AUTH's among them. The error itself is not
    // passed on as a cause either: the library attaches the command with its arguments.
    return address.password === undefined ? text : text.replaceAll(address.password, '***');
  };
  const textOf = (why: string) =>
    `Redis at ${address.host}:${address.port}: ${closed ? 'connection closed' : why}`;
  const unavailable = (why: string) => {
    const refusal = refusalIn(why);
    return refusal === undefined ? new StoreUnavailable(textOf(why)) : new StoreRefused(refusal, textOf(why));
  };

  let left: unknown;
  /** Ends the present connection, once, and makes it anew. */
  const leave = () => {
    if (left === redis.stream) return;
    left = redis.stream;
    redis.disconnect(true);
  };

  /** Waits for an attempt that is under way, not for one to come. */
  const connected = (ms: number) =>
    new Promise<void>((resolve, reject) => {
      if (redis.status === 'ready') return resolve();
      if (closed || (redis.status !== 'connecting' && redis.status !== 'connect'))
        return reject(unavailable(trouble));
      const done = (failure?: string) => {
        clearTimeout(timer);
        if (failure === undefined) resolve();
        else reject(unavailable(failure));
      };
      const timer = setTimeout(() => {
        attempts.delete(done);
        done('not connected in time');
      }, ms);
      attempts.add(done);
    });

  /** Keeps what is sent from now on until all that is ready to be done has been: one write to the socket for all of it. */
  const gather = () => {
    const { stream } = redis;
    if (stream.writableCorked > 0) return;
    stream.cork();
    setImmediate(() => stream.uncork());
  };

  /** An answer, or the error that it did not come in time. A peer that went away without a word is noticed so as well. */
  const inTime = (answer: Promise<unknown>, ms: number) =>
    new Promise<unknown>((resolve, reject) => {
      const end = afterRunning(ms, () => reject(new Error(TIMED_OUT)));
      answer.finally(end).then(resolve, reject);
    });

  const send = async (issue: () => Promise<unknown>, ms: number): Promise<unknown> => {
    const fromMs = performance.now();
    await connected(ms);
    const leftMs = Math.max(ms - (performance.now() - fromMs), ms * ANSWER_SHARE_MIN);
    gather();
    try {
      return await inTime(issue(), leftMs);
    } catch (error) {
      const why = describe(error);
      // Its answer, should it come, must not be taken for another's; and it may be that no answer is understood any more.
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
    usable: () =>
      new Promise((resolve) => {
        if (closed || redis.status === 'ready') resolve();
        else resting.add(resolve);
      }),
    close: () => {
      closed = true;
      redis.disconnect();
      settle(trouble);
    },
  });
  return calls(() => timeoutMs);
}

/** Whether a command that failed was not carried out: Redis said so, or it was never sent. */
function isSettled(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'ReplyError' || error.message.startsWith("Stream isn't writeable");
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
