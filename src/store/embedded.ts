import { setImmediate as turn } from 'node:timers/promises';
import { broughtForward } from './brought-forward.ts';
import { commitWrites } from './embedded/commit.ts';
import { type Database, openDatabase } from './embedded/database.ts';
import { createEvents, keepEvents } from './embedded/events.ts';
import { createFeed, readChanges, readMeta } from './embedded/follow.ts';
import { createLeading } from './embedded/leading.ts';
import { createLeases } from './embedded/leases.ts';
import { createNodes } from './embedded/nodes.ts';
import { createPreviews } from './embedded/previews.ts';
import { newEpoch } from './epoch.ts';
import { parseObservation } from './observation-text.ts';
import { formatObserved } from './observed-position.ts';
import {
  type Kind,
  OBSERVED_MAX,
  type Publication,
  type Store,
  type StoredDocument,
  WRITES_MAX,
} from './store.ts';

/**
 * The store of a single process: one SQLite file, made when it is not there. What was acknowledged has reached the
 * disk. Documents, observations and events are kept as JSON text: a reader gets what JSON.stringify makes of what was
 * written. SQLite works on this thread: a write gives way to the event loop before it is acknowledged, so that many
 * in a row do not hold up everything else. `now` times the leases; milliseconds from any fixed point. Throws StoreUnavailable at once when the file
 * cannot be opened or is in use.
 */
export function openEmbeddedStore(path: string, options: { now?: () => number } = {}): Store {
  const database = openDatabase(path, newEpoch);
  const feed = createFeed(database);
  // Not the wall clock: setting it must not end leases.
  const now = options.now ?? (() => performance.now());
  const leases = createLeases(now);

  return {
    read: async (known) => {
      const { epoch, revision } = readMeta(database);
      const changes = known?.epoch === epoch ? readChanges(database, known.revision, revision) : undefined;
      if (known !== undefined && changes !== undefined) return broughtForward(known, changes);
      const rows = database.all('SELECT kind, id, revision, value FROM document ORDER BY kind, id');
      return { epoch, revision, documents: rows.map((row) => documentOf(row)) };
    },
    get: async <K extends Kind>(kind: K, id: string) => {
      const row = database.one(
        'SELECT kind, id, revision, value FROM document WHERE kind = ? AND id = ?',
        kind,
        id,
      );
      return row && (documentOf(row) as Extract<StoredDocument, { kind: K }>);
    },
    commit: async (writes, audit = []) => {
      if (writes.length > WRITES_MAX)
        throw new RangeError(`a commit has ${writes.length} writes; ${WRITES_MAX} at most`);
      const committed = commitWrites(database, writes, audit);
      feed.announce();
      await turn();
      return committed;
    },
    follow: (from, follower) => feed.follow(from, follower),

    observations: async () => {
      const { epoch, observed } = readMeta(database);
      const rows = database.all('SELECT value FROM observation');
      return {
        position: formatObserved(epoch, observed),
        observations: rows.map((row) => parseObservation(String(row.value))),
      };
    },
    observed: async (keys) =>
      keys.map(({ check, region, worker }) => {
        const row = database.one(
          'SELECT value FROM observation WHERE check_key = ? AND region = ? AND worker = ?',
          check,
          region,
          worker,
        );
        return row && parseObservation(String(row.value));
      }),
    publish: async (lease, publication) => {
      if (!leases.isCurrent(lease)) return 'fenced';
      database.transaction(() => writePublication(database, publication));
      feed.announce();
      await turn();
      return 'published';
    },

    join: async (worker) => {
      const token = advance(database, 'token', 1);
      return leases.grant(worker, token);
    },
    renew: async (lease) => (leases.extend(lease) ? 'renewed' : 'lost'),
    leave: async (lease) => leases.end(lease),
    workers: async () => leases.live(),

    ...createEvents(database),
    ...createLeading(database, now, () => advance(database, 'token', 1)),
    ...createNodes(now),
    ...createPreviews(now, leases),
    close: async () => {
      feed.close();
      database.close();
    },
  };
}

function documentOf(row: ReturnType<Database['all']>[number]): StoredDocument {
  const { kind, id, revision, value } = row;
  return { kind, id, revision, value: JSON.parse(String(value)) } as StoredDocument;
}

/** Moves a counter on by `by`; returns its new value. */
function advance(database: Database, counter: 'observed' | 'token', by: number): number {
  const row = database.one('UPDATE meta SET value = value + ? WHERE name = ? RETURNING value', by, counter);
  return Number(row!.value);
}

function writePublication(database: Database, { put, drop, events }: Publication): void {
  for (const { observation } of put)
    database.run(
      'INSERT OR REPLACE INTO observation VALUES (?, ?, ?, ?)',
      observation.check,
      observation.region,
      observation.worker,
      JSON.stringify(observation),
    );
  for (const { check, region, worker } of drop)
    database.run(
      'DELETE FROM observation WHERE check_key = ? AND region = ? AND worker = ?',
      check,
      region,
      worker,
    );
  const news = put.filter(({ changed }) => changed);
  const observed = advance(database, 'observed', news.length);
  for (const [at, { observation }] of news.entries())
    database.run(
      'INSERT INTO observed VALUES (?, ?)',
      observed - news.length + 1 + at,
      JSON.stringify(observation),
    );
  database.run('DELETE FROM observed WHERE number <= ?', observed - OBSERVED_MAX);
  keepEvents(database, events);
}
