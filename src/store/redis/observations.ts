import type { Observation, ObservationKey } from '../../pool/observation.ts';
import { newEpoch } from '../epoch.ts';
import { parseObservation } from '../observation-text.ts';
import { formatObserved } from '../observed-position.ts';
import { EVENTS_MAX, type Lease, OBSERVED_MAX, type Publication } from '../store.ts';
import type { Connection } from './connection.ts';
import { type Keys, trailKeys } from './keys.ts';
import { readStanding } from './position.ts';
import { scanHash } from './read.ts';
import type { Scripts } from './scripts.ts';

/**
 * Every observation held. The position is taken first: what is published during the scan comes again in the feed. One
 * that the scan meets twice is there twice, the newer one last. Throws StoreUnavailable.
 */
export async function readObservations(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
): Promise<{ position: string; observations: Observation[] }> {
  const { epoch, observed } = await readStanding(connection, scripts, keys);
  const observations: Observation[] = [];
  for await (const [, value] of scanHash(connection, keys.observations))
    observations.push(parseObservation(value));
  return { position: formatObserved(epoch, observed), observations };
}

/** The observations of these keys, in their order, in one round trip. Throws StoreUnavailable. */
export async function readObserved(
  connection: Connection,
  keys: Keys,
  wanted: readonly ObservationKey[],
): Promise<(Observation | undefined)[]> {
  if (wanted.length === 0) return [];
  const values = await connection.command('HMGET', keys.observations, ...wanted.map(fieldOf));
  return (values as (string | null)[]).map((value) => (value === null ? undefined : parseObservation(value)));
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
      newEpoch(),
      OBSERVED_MAX,
      EVENTS_MAX.health,
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
  return answer as 'published' | 'fenced';
}

function fieldOf({ check, region, worker }: ObservationKey): string {
  return JSON.stringify([check, region, worker]);
}
