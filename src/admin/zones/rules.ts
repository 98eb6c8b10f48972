import { conflictOf, readAuthoredZone } from '../../config/authored-zone.ts';
import { formatName } from '../../dns/name.ts';
import type { Store } from '../../store/store.ts';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import type { Zone } from '../../zone/zone.ts';
import { invalid, type Problem } from '../problem.ts';

/** Zones that the API keeps, beside those of the configuration file. */
export const ZONES_MAX = 1_000;

/**
 * Throws ApiError unless a zone can be served as it is: its settings keep the rules of the configuration file, and it
 * goes with every other zone. `under` is where a problem with the settings is told: a pointer that stands for them.
 */
export async function refuseUnserved(
  store: Store,
  configured: readonly Zone[],
  zone: AuthoredZone,
  under: (path: string) => string,
): Promise<void> {
  if (configured.some(({ apex }) => formatName(apex) === `${zone.name}.`))
    throw invalid([{ pointer: '/name', rule: 'is a zone that the configuration file owns' }]);
  const reading = readAuthoredZone(zone);
  if (!reading.ok)
    throw invalid(
      reading.problems.map(({ path, message }): Problem => ({ pointer: under(path), rule: message })),
    );
  const { documents } = await store.read();
  const others = documents.flatMap((document) =>
    document.kind === 'zone' && document.id !== zone.id ? [document.value] : [],
  );
  if (others.length >= ZONES_MAX) throw invalid([tooMany()]);
  const readable = others
    // Of equal names the store tells, as of every value that is not unique.
    .filter(({ name }) => name !== zone.name)
    .flatMap((other) => {
      const read = readAuthoredZone(other);
      return read.ok ? [read.zone] : [];
    });
  const conflict = conflictOf(reading.zone, [...configured, ...readable]);
  if (conflict !== undefined)
    throw invalid([{ pointer: under('pools'), rule: '', sentence: `the zone ${zone.name} ${conflict}` }]);
}

/** Throws ApiError for a zone that only the configuration file may change. */
export function refuseConfigured({ isConfigured, name }: { isConfigured: boolean; name: string }): void {
  if (!isConfigured) return;
  const sentence = `the zone ${name} is owned by the configuration file, and changed there`;
  throw invalid([{ pointer: '', rule: '', sentence }]);
}

function tooMany(): Problem {
  return { pointer: '', rule: '', sentence: `there are ${ZONES_MAX} zones already, which is the most` };
}
