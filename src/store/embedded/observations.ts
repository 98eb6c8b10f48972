import type { Observation, ObservationKey } from '../../health/observation.ts';
import { OBSERVED_MAX, type ObservationStore, type Publication } from '../contract/observations.ts';
import { formatObserved } from '../observed-position.ts';
import { parseObservation } from '../record/observation-text.ts';
import type { Database, Row } from './database/database.ts';
import { advance, readMeta } from './database/meta.ts';
import type { AsideIn } from './documents.ts';
import { keepEvents } from './events.ts';
import type { Leases } from './leases.ts';

/** The observation of a row; undefined: it is set aside, as one that belongs elsewhere is. */
export function observationIn(
  { check_key, region, worker, value }: Row,
  aside: AsideIn,
): Observation | undefined {
  const setAside = aside('observation', `${check_key} ${region} ${worker}`);
  const found = parseObservation(value, setAside);
  if (found === undefined) return undefined;
  if (found.check === check_key && found.region === region && found.worker === worker) return found;
  return void setAside({ field: '', rule: 'must be of the check, region and worker that it is kept under' });
}

/** The observations of the file. `written` waits until what was written is acknowledged, and lets followers read it. */
export function createObservations(
  database: Database,
  aside: AsideIn,
  leases: Pick<Leases, 'isCurrent'>,
  written: () => Promise<void>,
): ObservationStore {
  return {
    observations: async () => {
      const { epoch, observed } = readMeta(database, aside);
      const rows = database.all('SELECT check_key, region, worker, value FROM observation');
      return {
        position: formatObserved(epoch, observed),
        observations: rows.flatMap((row) => observationIn(row, aside) ?? []),
      };
    },
    observed: async (keys) =>
      keys.map(({ check, region, worker }) => {
        const row = database.one(
          'SELECT check_key, region, worker, value FROM observation WHERE check_key = ? AND region = ? AND worker = ?',
          check,
          region,
          worker,
        );
        return row && observationIn(row, aside);
      }),
    publish: async (lease, publication) => {
      if (!leases.isCurrent(lease)) return 'fenced';
      database.transaction(() => writePublication(database, publication));
      await written();
      return 'published';
    },
  };
}

function writePublication(database: Database, { put, drop, events }: Publication): void {
  const isHeld = ({ check, region, worker }: ObservationKey) =>
    database.one(
      'SELECT 1 FROM observation WHERE check_key = ? AND region = ? AND worker = ?',
      check,
      region,
      worker,
    ) !== undefined;
  // Followers also get one that the store lost: who has read the rest since does not have it.
  const news = put.filter(({ observation, changed }) => changed || !isHeld(observation));
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
  const observed = advance(database, 'observed', news.length);
  for (const [at, { observation }] of news.entries())
    database.run(
      'INSERT OR REPLACE INTO observed VALUES (?, ?)',
      observed - news.length + 1 + at,
      JSON.stringify(observation),
    );
  database.run('DELETE FROM observed WHERE number <= ?', observed - OBSERVED_MAX);
  keepEvents(database, events);
}
