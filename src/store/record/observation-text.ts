import type { Observation } from '../../health/observation.ts';
import { parseRecord, REPORT_CHARACTERS_MAX, type SetAside } from './record.ts';
import { OBSERVATION_SHAPE } from './report-shapes.ts';
import { shared } from './shared-texts.ts';

/**
 * Reads an observation as the stores keep it; undefined: it is set aside. Its worker, region and reason share their memory
 * with those of others.
 */
export function parseObservation(record: unknown, setAside: SetAside): Observation | undefined {
  const observation = parseRecord<{ -readonly [K in keyof Observation]: Observation[K] }>(
    record,
    OBSERVATION_SHAPE,
    setAside,
    REPORT_CHARACTERS_MAX,
  );
  if (observation === undefined) return undefined;
  observation.worker = shared(observation.worker);
  observation.region = shared(observation.region);
  observation.reason = shared(observation.reason);
  return observation;
}
