import type { Observation, ObservationKey } from '../../health/observation.ts';
import { OBSERVED_MAX, type Publication } from '../contract/observations.ts';
import type { Lease } from '../contract/workers.ts';
import { newEpoch, newLink } from '../integrity/epoch.ts';
import { formatObserved } from '../observed-position.ts';
import { parseObservation } from '../record/observation-text.ts';
import type { SetAside } from '../record/record.ts';
import type { Connection } from './connection/connection.ts';
import { oneOfWords, textsOrNulls } from './connection/reply.ts';
import { scanHash } from './connection/scan.ts';
import type { Scripts } from './connection/scripts.ts';
import { boundsOf } from './events.ts';
import { type Keys, trailKeys } from './keys.ts';
import { readPosition } from './position.ts';
import type { AsideIn } from './records.ts';

/**
 * Every observation held. The position is taken first: what is published during the scan comes again in the feed. One
 * that the scan meets twice is there twice, the newer one last. Throws StoreUnavailable.
 */
export async function readObservations(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
): Promise<{ position: string; observations: Observation[] }> {
  const { epoch, observed, observedLink } = await readPosition(connection, scripts, keys, aside);
  const observations: Observation[] = [];
  for await (const [field, value] of scanHash(connection, keys.observations)) {
    const observation = observationAt(field, value, aside(keys.observations, field));
    if (observation !== undefined) observations.push(observation);
  }
  return { position: formatObserved(epoch, observed, observedLink), observations };
}

/** The observations of these keys, in their order, in one round trip. Throws StoreUnavailable. */
export async function readObserved(
  connection: Connection,
  keys: Keys,
  aside: AsideIn,
  wanted: readonly ObservationKey[],
): Promise<(Observation | undefined)[]> {
  if (wanted.length === 0) return [];
  const fields = wanted.map(fieldOf);
  const answer = await connection.command('HMGET', keys.observations, ...fields);
  const values = connection.read(answer, textsOrNulls);
  return fields.map((field, at) => {
    const value = values[at] ?? null;
    return value === null ? undefined : observationAt(field, value, aside(keys.observations, field));
  });
}

/** The observation that a field of the hash holds; undefined: it is set aside, as one that belongs elsewhere is. */
export function observationAt(field: string, value: string, setAside: SetAside): Observation | undefined {
  const observation = parseObservation(value, setAside);
  if (observation === undefined || fieldOf(observation) === field) return observation;
  return void setAside({ field: '', rule: 'must be of the check, region and worker that it is kept under' });
}

/** Writes a publication in one round trip, or nothing when the lease has ended. Throws StoreUnavailable. */
export async function publishFound(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  lease: Lease,
  { put, drop, events }: Publication,
): Promise<'published' | 'fenced'> {
  const answer = await connection.script(
    scripts.publish,
    [keys.meta, keys.workers, keys.leases, keys.observations, keys.observed, ...trailKeys(keys)],
    [
      lease.worker.id,
      lease.token,
      `${newEpoch()} ${newLink()}`,
      OBSERVED_MAX,
      boundsOf('health'),
      put.length,
      ...put.flatMap(({ observation, changed }) => [
        fieldOf(observation),
        JSON.stringify(observation),
        changed ? '1' : '0',
      ]),
      drop.length,
      ...drop.map(fieldOf),
      events.length,
      ...events.map((event) => JSON.stringify(event)),
    ],
  );
  return connection.read(answer, oneOfWords('published', 'fenced'));
}

function fieldOf({ check, region, worker }: ObservationKey): string {
  return JSON.stringify([check, region, worker]);
}
