import { documentName, type Kind, type StoredDocument, WRITES_MAX } from '../contract/documents.ts';
import { StoreUnavailable } from '../contract/failure.ts';
import type { Following } from '../contract/feed.ts';
import { boundHeap } from '../heap-bound.ts';
import { createDamage } from '../integrity/damage.ts';
import { newDecidedEpoch } from '../integrity/epoch.ts';
import { type RepairableStore, TO_REPAIR } from '../integrity/repair.ts';
import { commitInTime } from './commit.ts';
import type { ClientOptions } from './connection/client.ts';
import { type ConnectionOptions, openConnection } from './connection/connection.ts';
import { createReplication, type Replicas } from './connection/replication.ts';
import { textOrNull } from './connection/reply.ts';
import { readScripts } from './connection/scripts.ts';
import { readSettings } from './connection/settings.ts';
import { parseRedisUrl } from './connection/url.ts';
import { createEvents } from './events.ts';
import { BLOCK_MS, followFeeds } from './follow.ts';
import { claimsInRedis } from './integrity/claims.ts';
import { examineRedis, typeFlaws } from './integrity/examine.ts';
import { repairRedis } from './integrity/repair.ts';
import { findExhausted } from './integrity/stream-end.ts';
import { tracesInRedis } from './integrity/traces.ts';
import { type Keys, keysUnder } from './keys.ts';
import { createLeading } from './leading.ts';
import { createMembership } from './membership.ts';
import { createNodes } from './nodes.ts';
import { publishFound, readObservations, readObserved } from './observations.ts';
import { examineState } from './position.ts';
import { createPreviews } from './previews.ts';
import { continuesFrom, readConfiguration } from './read.ts';
import { asideIn, documentAt } from './records.ts';
import { createRedisClock } from './redis-clock.ts';

/** Milliseconds for connecting, and for a command from call to answer. */
const TIMEOUT_MS = 5_000;

/** The place of the store in Redis, how it is reached, and its time limit. */
export interface RedisStoreOptions extends Pick<ClientOptions, 'tls' | 'sentinel'> {
  /** Put inside the hash tag of every key; without braces, so that all keys share one slot. */
  readonly prefix: string;
  /** Milliseconds after which a call fails with StoreUnavailable; 5,000 unless given. */
  readonly timeoutMs?: number;
  /** Octets of heap that an endpoint takes (see boundHeap). */
  readonly endpointOctets?: number;
  /** Absent: a commit is acknowledged when the primary has it. */
  readonly replicas?: Replicas;
}

/**
 * The store that many processes share, in Redis 6.2 or later: one connection for calls, one for each follower, and one for commits
 * that wait for replicas. It never waits for Redis to be there: until it is, calls fail with StoreUnavailable, and so does a call that is cut off,
 * which may or may not have been carried out and is not repeated. After a commit without an answer, Redis is asked
 * whether it made it (commitInTime). Documents, observations, workers and events cross as JSON text that Redis and its
 * scripts never look into: a reader gets what JSON.stringify makes of what was written. Throws RedisUrlError on a URL
 * that cannot be used, RangeError on a prefix that cannot be used.
 */
export function openRedisStore(url: string, options: RedisStoreOptions): RepairableStore {
  return openStore(url, options, {});
}

/**
 * The same for a repair: as long as a key is of another type than it must be, an empty one stands in for it, and takes its
 * place when the store is repaired. Throws StoreUnavailable too.
 */
export async function openRedisForRepair(url: string, options: RedisStoreOptions): Promise<RepairableStore> {
  const connection = openConnection(parseRedisUrl(url), connectionOptions(options));
  const keys = keysUnder(options.prefix);
  const wrong = new Set<string>();
  try {
    await typeFlaws(connection, keys, ({ place }) => wrong.add(place));
  } finally {
    connection.close();
  }
  const standIns = Object.entries(keys).filter(([, key]) => wrong.has(key));
  return openStore(
    url,
    options,
    Object.fromEntries(standIns.map(([name, key]) => [name, `${key}:stand-in`])),
  );
}

function connectionOptions(
  { prefix, timeoutMs = TIMEOUT_MS, tls, sentinel }: RedisStoreOptions,
  use = 'calls',
): ConnectionOptions {
  return {
    timeoutMs,
    name: `${prefix}:${use}`,
    key: keysUnder(prefix).meta,
    ...(tls && { tls }),
    ...(sentinel && { sentinel }),
  };
}

/** `standIns`: keys that are used in the place of some. */
function openStore(url: string, options: RedisStoreOptions, standIns: Partial<Keys>): RepairableStore {
  const address = parseRedisUrl(url);
  if (!/^[!-z|~]{1,100}$/.test(options.prefix))
    throw new RangeError('the Redis prefix must be 1 to 100 printable ASCII characters, no space, { or }');
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const own = keysUnder(options.prefix);
  const keys = { ...own, ...standIns };
  const scripts = readScripts();
  const damage = createDamage();
  const aside = asideIn(damage);
  const connection = openConnection(address, {
    ...connectionOptions(options),
    wrongType: () => void typeFlaws(connection, keys, damage.found).catch(() => undefined),
  });
  const clock = createRedisClock();
  const { replicas } = options;
  const writing = replicas && openConnection(address, connectionOptions(options, 'commits'));
  const whenReplicated = writing && createReplication(writing, replicas);
  const followings = new Set<Following>();
  let closed = false;

  return {
    damage,
    examine: async (found) => {
      const count = await examineRedis(connection, scripts, own, found);
      await examineState(connection, scripts, keys, found);
      await findExhausted(connection, own, found);
      return count;
    },
    read: (known) =>
      readConfiguration(connection, scripts, keys, aside, () => boundHeap(options.endpointOctets), known),
    get: async <K extends Kind>(kind: K, id: string) => {
      const key = documentName({ kind, id });
      const held = connection.read(await connection.command('HGET', keys.documents, key), textOrNull);
      const document =
        held === null ? undefined : await documentAt(connection, scripts, keys, key, held, aside);
      return document as Extract<StoredDocument, { kind: K }> | undefined;
    },
    commit: async (writes, audit = [], ifAtRevision, knows) => {
      if (writes.length > WRITES_MAX)
        throw new RangeError(`a commit has ${writes.length} writes; ${WRITES_MAX} at most`);
      const committing = { writes, audit, ifAtRevision, knows };
      const commit = () =>
        commitInTime(writing ?? connection, scripts, keys, committing, { clock, timeoutMs });
      // What writes nothing waits for nothing.
      return whenReplicated === undefined || writes.length === 0 ? commit() : whenReplicated(commit);
    },
    continues: (from) => continuesFrom(connection, scripts, keys, aside, from),
    adopt: async () => {
      if (Object.keys(standIns).length > 0) throw new StoreUnavailable(TO_REPAIR);
      const epoch = connection.read(await connection.command('HGET', keys.meta, 'epoch'), textOrNull);
      const next = newDecidedEpoch(epoch ?? '', Date.now());
      const revision = await connection.script(scripts.adopt, [keys.meta], [next]);
      return Number(connection.read(revision, textOrNull));
    },
    traces: (read) => tracesInRedis(connection, scripts, keys, read),
    claims: claimsInRedis(connection, scripts, keys),
    repair: async (repair) => {
      for (const [name, standIn] of Object.entries(standIns))
        await connection.script(scripts.takePlace, [own[name as keyof Keys], standIn], []);
      return repairRedis(connection, scripts, own, aside, repair);
    },
    settings: () => readSettings(connection),
    follow: (from, follower) => {
      if (closed) throw new StoreUnavailable('the store is closed');
      const feed = openConnection(address, {
        ...connectionOptions(options, 'follow'),
        timeoutMs: timeoutMs + BLOCK_MS,
      });
      const following = followFeeds(feed, scripts, keys, aside, from, follower, () =>
        followings.delete(following),
      );
      followings.add(following);
      return following;
    },

    observations: () => readObservations(connection, scripts, keys, aside),
    observed: (wanted) => readObserved(connection, keys, aside, wanted),
    publish: (lease, publication) => publishFound(connection, scripts, keys, lease, publication),
    ...createMembership(connection, scripts, keys, aside),
    ...createPreviews(connection, scripts, keys, aside),
    ...createEvents(connection, scripts, keys, aside),
    ...createLeading(connection, scripts, keys, aside),
    ...createNodes(connection, scripts, keys, aside),
    close: async () => {
      closed = true;
      const left = Object.values(standIns);
      if (left.length > 0) await connection.command('DEL', ...left).catch(() => undefined);
      connection.close();
      writing?.close();
      await Promise.all([...followings].map((following) => following.stop()));
    },
  };
}
