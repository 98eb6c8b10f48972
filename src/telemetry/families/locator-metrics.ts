import type { MakeGauge } from '../gauges.ts';
import type { LocatorReading } from '../readings.ts';

/** Makes the metrics of the locator. */
export function locatorMetrics(
  gauge: MakeGauge,
): (source: { readonly locator?: LocatorReading | undefined }) => void {
  const places = gauge('geo_places', 'Places that the locator knows');
  const octets = gauge('geo_octets', 'Memory of the locator');
  const age = gauge('geo_database_age_seconds', 'Time since a geo database was built', ['file', 'type']);
  return ({ locator }) => {
    age.reset();
    places.set(locator?.places ?? 0);
    octets.set(locator?.octets ?? 0);
    for (const { file, type, ageMs } of locator?.databases ?? []) age.set({ file, type }, ageMs / 1_000);
  };
}
