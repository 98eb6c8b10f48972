import type { Observation } from '../../health/observation.ts';
import { parseObservation } from '../record/observation-text.ts';
import type { Row } from './database/database.ts';
import type { AsideIn } from './documents.ts';

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
