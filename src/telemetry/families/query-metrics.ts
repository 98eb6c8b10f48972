import { createPieces } from '../../pace/next-turn.ts';
import type { MakeCounter, MakeGauge } from '../gauges.ts';
import type { MetricsSource } from '../readings.ts';

/** Zones that have series of their own. */
export const ZONE_SERIES_MAX = 1_000;

/** Makes the metrics of queries by what they are for. */
export function queryMetrics(
  counter: MakeCounter,
  gauge: MakeGauge,
): (source: MetricsSource) => Promise<void> {
  const zones = counter('zone_queries_total', 'Queries for names of the zone', ['zone']);
  const hidden = gauge(
    'zones_without_series',
    `Zones without series of their own: beyond ${ZONE_SERIES_MAX}, by their names`,
  );
  const pools = counter(
    'pool_queries_total',
    'Queries that the pool answers by its own name, or by an alias',
    ['pool'],
  );
  const loadBalancers = counter(
    'load_balancer_queries_total',
    'Queries for addresses that the load balancer answers, or an alias to it',
    ['load_balancer'],
  );
  return async ({ queries }) => {
    for (const metric of [zones, pools, loadBalancers]) metric.reset();
    const all = [...queries.zones].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, queries: count } of all.slice(0, ZONE_SERIES_MAX)) zones.inc({ zone: name }, count);
    hidden.set(Math.max(0, all.length - ZONE_SERIES_MAX));
    const isLong = createPieces();
    for (const { kind, name, queries: count } of [...queries.names]) {
      const rest = isLong();
      if (rest) await rest;
      if (kind === 'pool') pools.inc({ pool: name }, count);
      else loadBalancers.inc({ load_balancer: name }, count);
    }
  };
}
