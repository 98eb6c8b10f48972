import type { Observation } from '../../health/observation.ts';
import { parseRecord, REPORT_CHARACTERS_MAX, type SetAside } from './record.ts';
import { OBSERVATION_SHAPE } from './report-shapes.ts';

/** Texts that are kept once for all observations that have them. All are dropped when there are more, as workers come and go. */
const TEXTS_MAX = 10_000;
const texts = new Map<string, string>();

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

function shared<T extends string>(text: T): T {
  const known = texts.get(text);
  if (known !== undefined) return known as T;
  if (texts.size === TEXTS_MAX) texts.clear();
  texts.set(text, text);
  return text;
}
